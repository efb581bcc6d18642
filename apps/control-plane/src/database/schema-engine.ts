import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';

/** Node has it; TypeScript's ECMAScript library leaves it to the browser's. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

/** Nothing in the database is left out of migrations and comparisons. */
export const ALL_TABLES = { externalTables: [], externalEnums: [] };

type Glue = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');

/** The module's JavaScript half keeps global state, so a process makes one instance of it. */
let loading: Promise<Glue> | undefined;

/** An engine on one database. */
export interface OpenSchemaEngine {
  /** `free` it after use. */
  readonly engine: SchemaEngine;
  /** What the database said, where the engine's own error names it by number only. */
  readonly causeOf: (error: unknown) => unknown;
}

/** Prisma's schema engine, compiled to WebAssembly, on the given database. */
export async function openSchemaEngine(
  adapter: SqlMigrationAwareDriverAdapterFactory,
): Promise<OpenSchemaEngine> {
  loading ??= load();
  const glue = await loading;
  const bound = bindMigrationAwareSqlAdapterFactory(adapter);
  const engine = await glue.SchemaEngine.new({ datamodels: undefined }, () => undefined, bound);
  return {
    engine,
    causeOf: (error): unknown => {
      const id = /External error id#(\d+)/u.exec(String(error))?.[1];
      return id === undefined
        ? error
        : (bound.errorRegistry.consumeError(Number(id))?.error ?? error);
    },
  };
}

/** The package imports its .wasm as a module, which Node does only behind a flag. */
async function load(): Promise<Glue> {
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const file = createRequire(import.meta.url).resolve(
    '@prisma/schema-engine-wasm/schema_engine_bg',
  );
  const { instance } = await WebAssembly.instantiate(
    await readFile(file.replace(/\.js$/, '.wasm')),
    { './schema_engine_bg.js': glue },
  );
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  return glue;
}
