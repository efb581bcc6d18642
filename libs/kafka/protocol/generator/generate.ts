import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { emitApiKeys } from './emit-api-keys.ts';
import { emitMessage } from './emit-message.ts';
import { kebab } from './names.ts';
import { loadMessages } from './schema.ts';

/**
 * Writes src/generated from schemas/. With --check it writes nothing and exits with 1 when a file
 * differs from, is missing in or is left over in what is committed.
 */
const schemas = new URL('../schemas/', import.meta.url);
const output = new URL('../src/generated/', import.meta.url);

const messages = loadMessages(schemas);
const files = new Map<string, string>([['api-keys.ts', emitApiKeys(messages)]]);
for (const message of messages) files.set(`${kebab(message.name)}.ts`, emitMessage(message));

mkdirSync(output, { recursive: true });
const present = new Set<string>(readdirSync(output));
const stale = [...present].filter((name) => !files.has(name));
const changed = [...files].filter(
  ([name, text]) => !present.has(name) || readFileSync(new URL(name, output), 'utf8') !== text,
);

if (process.argv.includes('--check')) {
  const wrong: string[] = [...stale, ...changed.map(([name]) => name)];
  for (const name of wrong) {
    process.stderr.write(`src/generated/${name} is not what the generator makes\n`);
  }
  process.exitCode = wrong.length > 0 ? 1 : 0;
} else {
  for (const name of stale) rmSync(new URL(name, output));
  for (const [name, text] of changed) writeFileSync(new URL(name, output), text);
  process.stdout.write(`${files.size} files, ${changed.length} changed, ${stale.length} removed\n`);
}
