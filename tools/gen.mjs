// Runs every generator of the repository; `--check` fails when a committed file differs from its source.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check') ? ['--check'] : [];

const generators = [
  { what: 'Kafka messages', args: ['libs/kafka/protocol/generator/generate.ts', ...check] },
  { what: 'Kafka error codes', args: ['libs/kafka/protocol/generator/errors.ts', ...check] },
  { what: 'Prisma client', args: ['tools/generate-prisma.mjs', ...check] },
  { what: 'reference docs', args: ['tools/generate-docs.mjs', ...check] },
];

for (const { what, args } of generators) {
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (result.status === 0) continue;
  process.stderr.write(`${what}:\n${result.stdout}${result.stderr}\n`);
  process.exitCode = 1;
}
