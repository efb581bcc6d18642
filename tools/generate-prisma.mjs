// Generates the database client from prisma/schema.prisma; with `--check` beside a copy of the schema in a
// temporary folder, to compare. Prisma looks for its engine binary but does not run it: any program will do.
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OUTPUT = 'apps/control-plane/src/database/generated';
const root = join(import.meta.dirname, '..');

if (process.argv.includes('--check')) check();
else generate(root);

function check() {
  const copy = mkdtempSync(join(tmpdir(), 'weirhouse-prisma-'));
  try {
    cpSync(join(root, 'prisma/schema.prisma'), join(copy, 'prisma/schema.prisma'));
    generate(copy);
    const differing = differences(join(root, OUTPUT), join(copy, OUTPUT));
    if (differing.length > 0) fail(`Not current: ${differing.join(', ')}. Run: npm run gen`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function generate(folder) {
  const result = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/prisma/build/index.js'),
      'generate',
      '--schema',
      join(folder, 'prisma/schema.prisma'),
    ],
    {
      cwd: root,
      encoding: 'utf8',
      env: {
        ...process.env,
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        CHECKPOINT_DISABLE: '1',
      },
    },
  );
  if (result.status !== 0) fail(`${result.stdout}${result.stderr}`);
}

function differences(a, b) {
  const [left, right] = [readAll(a), readAll(b)];
  const files = new Set([...left.keys(), ...right.keys()]);
  return [...files].filter((file) => left.get(file) !== right.get(file));
}

function readAll(folder) {
  const files = globSync('**/*.ts', { cwd: folder });
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
