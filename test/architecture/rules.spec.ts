import { describe, expect, test } from 'vitest';
import type { Manifest, Project, Repository } from './repository.ts';
import { boundaryFaults } from './rules/boundaries.ts';
import { lockFaults } from './rules/lock.ts';
import {
  cycleFaults,
  dependencyDocFaults,
  dependencyFaults,
  referenceFaults,
  versionFaults,
} from './rules/projects.ts';
import { purityFaults } from './rules/purity.ts';
import { layoutFaults } from './rules/sizes.ts';

interface Planted {
  readonly root: string;
  readonly type: 'app' | 'io' | 'pure' | 'test';
  readonly scope: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly references?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

/** A made-up repository that keeps every rule but the one a test breaks. */
function aRepository(projects: readonly Planted[], rest: Partial<Repository> = {}): Repository {
  const sources = new Map<string, string>();
  const made = projects.map((planted): Project => {
    for (const [file, text] of Object.entries(planted.files ?? {}))
      sources.set(`${planted.root}/src/${file}`, text);
    const manifest: Manifest = {
      name: `@weirhouse/${planted.root.replace(/^(libs|apps)\//, '').replace('/', '-')}`,
      ...(planted.dependencies !== undefined && { dependencies: planted.dependencies }),
    };
    return {
      root: planted.root,
      manifest,
      tags: [`type:${planted.type}`, `scope:${planted.scope}`],
      references: planted.references ?? [],
    };
  });
  return {
    manifest: { name: 'weirhouse' },
    projects: made,
    sources,
    lock: { packages: {} },
    dependencyDocs: '',
    ...rest,
  };
}

const log: Planted = { root: 'libs/broker/log', type: 'pure', scope: 'broker' };
const core: Planted = { root: 'libs/broker/core', type: 'pure', scope: 'broker' };

describe('boundaries', () => {
  test('a lib may not reach up the broker', () => {
    const faults = boundaryFaults(
      aRepository([
        core,
        {
          ...log,
          dependencies: { '@weirhouse/broker-core': '*' },
          files: { 'a.ts': "import { x } from '@weirhouse/broker-core';" },
        },
      ]),
    );
    expect(faults).toEqual([
      'libs/broker/log/src/a.ts: @weirhouse/broker-log may not reach up to @weirhouse/broker-core',
    ]);
  });

  test('the control plane may not import the broker', () => {
    const app: Planted = {
      root: 'apps/control-plane',
      type: 'app',
      scope: 'cloud',
      dependencies: { '@weirhouse/broker-log': '*' },
      files: { 'a.ts': "export { x } from '@weirhouse/broker-log';" },
    };
    expect(boundaryFaults(aRepository([log, app]))[0]).toContain('scope:cloud may not import');
  });

  test('a pure lib may not import an io lib, nor anything an app', () => {
    const client: Planted = { root: 'libs/kafka/client', type: 'io', scope: 'kafka' };
    const broker: Planted = { root: 'apps/broker', type: 'app', scope: 'broker' };
    const user = (name: string): Planted => ({
      ...log,
      dependencies: { [name]: '*' },
      files: { 'a.ts': `const x = await import('${name}');` },
    });
    expect(boundaryFaults(aRepository([client, user('@weirhouse/kafka-client')]))[0]).toContain(
      'type:pure may not import @weirhouse/kafka-client',
    );
    expect(boundaryFaults(aRepository([broker, user('@weirhouse/broker')]))[0]).toContain(
      'type:pure may not import @weirhouse/broker',
    );
  });

  test('a relative path may not leave its project', () => {
    const faults = boundaryFaults(
      aRepository([log, { ...core, files: { 'a.ts': "import '../../log/src/b.ts';" } }]),
    );
    expect(faults[0]).toContain('leaves its project');
  });

  test('a project without known tags is refused', () => {
    expect(boundaryFaults(aRepository([{ ...log, scope: 'nowhere' }]))[0]).toContain('scope: tag');
  });
});

describe('purity', () => {
  test.each([
    ["import { readFileSync } from 'node:fs';", 'imports node:fs'],
    ["import { pino } from 'pino';", 'imports pino'],
    ['export const now = () => Date.now();', 'uses Date'],
    ['export const now = new Date();', 'uses Date'],
    ['export const dice = () => Math.random();', 'uses Math.random'],
    ["export const say = () => console.log('x');", 'uses console'],
    ['export const env = process.env;', 'uses process'],
    ['setTimeout(() => undefined, 1);', 'uses setTimeout'],
    ['export async function f() {}', 'async function'],
    ['export const f = async () => {};', 'async function'],
    ['export const f = (): Promise<void> | undefined => undefined;', 'uses Promise'],
  ])('%s', (text, fault) => {
    const faults = purityFaults(aRepository([{ ...log, files: { 'a.ts': text } }]));
    expect(faults.join('\n')).toContain(fault);
  });

  test('names that only look like globals are left alone', () => {
    const text = [
      "import type { Stats } from 'node:fs';",
      'export function f({ crypto }: { crypto: { process: number } }, console: number) {',
      '  return crypto.process + console;',
      '}',
      'export const text = new Date(0).toISOString();',
      'export interface X { readonly Date: number; process(): void }',
    ].join('\n');
    expect(purityFaults(aRepository([{ ...log, files: { 'a.ts': text } }]))).toEqual([]);
  });
});

describe('projects', () => {
  test('a cycle is named', () => {
    const repository = aRepository([
      { ...log, dependencies: { '@weirhouse/broker-core': '*' } },
      { ...core, dependencies: { '@weirhouse/broker-log': '*' } },
    ]);
    expect(cycleFaults(repository)[0]).toContain('@weirhouse/broker-log -> @weirhouse/broker-core');
  });

  test('an undeclared package is named, and one at two versions', () => {
    const files = { 'a.ts': "import { z } from 'zod';" };
    expect(dependencyFaults(aRepository([{ ...log, files }]))).toEqual([
      'libs/broker/log/src/a.ts: zod is not in libs/broker/log/package.json',
    ]);
    const other = aRepository([{ ...log, files, dependencies: { zod: '1.0.0' } }], {
      manifest: { name: 'weirhouse', dependencies: { zod: '4.6.7' } },
    });
    expect(dependencyFaults(other)[0]).toContain('zod 1.0.0, but 4.6.7 elsewhere');
  });

  test('a range is no version', () => {
    const manifest = {
      name: 'weirhouse',
      dependencies: { zod: '^4.6.7', typescript: 'npm:@typescript/typescript6@6.0.2' },
    };
    expect(versionFaults(aRepository([], { manifest }))).toEqual([
      'weirhouse: zod ^4.6.7 is not exact',
    ]);
  });

  test('references and dependencies are compared both ways', () => {
    const repository = aRepository([
      log,
      {
        ...core,
        dependencies: { '@weirhouse/broker-log': '*' },
        references: ['../metadata/tsconfig.build.json'],
      },
    ]);
    expect(referenceFaults(repository)).toEqual([
      'libs/broker/core/tsconfig.build.json: reference to libs/broker/log/tsconfig.build.json is missing',
      'libs/broker/core/tsconfig.build.json: libs/broker/metadata/tsconfig.build.json is no dependency',
    ]);
  });

  test('a dependency without its line in the docs, and a line without its dependency', () => {
    const repository = aRepository([], {
      manifest: { name: 'weirhouse', dependencies: { zod: '4.6.7' } },
      dependencyDocs: '| `pino` | logs |',
    });
    expect(dependencyDocFaults(repository)).toEqual([
      'docs/dependencies.md: no row for zod',
      'docs/dependencies.md: pino is not a dependency any more',
    ]);
  });
});

test.each([
  ['FooBar.ts', '', 'kebab-case'],
  ['a/b/c/d.ts', '', 'deeper than 2'],
  ['a/index.ts', '', 'only src/index.ts is a barrel'],
  ['a.ts', 'export class ThingManager {}', 'needs a name'],
  ['a.ts', ['// TO', 'DO: later'].join(''), 'promise of later work'],
])('layout: %s', (file, text, fault) => {
  expect(layoutFaults(aRepository([{ ...log, files: { [file]: text } }])).join()).toContain(fault);
});

test('a lock without a platform package, or with a download address, is refused', () => {
  const lock = {
    packages: {
      'node_modules/nx': {
        version: '1.0.0',
        optionalDependencies: { '@nx/nx-darwin-arm64': '1.0.0' },
      },
      'node_modules/a': { version: '1.0.0', resolved: 'https://registry.invalid/a.tgz' },
    },
  };
  const faults = lockFaults(aRepository([], { lock }));
  expect(faults[0]).toContain('lacks node_modules/@nx/nx-darwin-arm64');
  expect(faults[1]).toContain('node_modules/a keeps a download address');
});
