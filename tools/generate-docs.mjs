// Writes the reference pages that come from code. `--check` compares.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const pages = [
  {
    path: 'docs/configuration.md',
    args: ['-C', 'source', 'apps/broker/src/main.ts', '--print-config-docs'],
  },
  {
    path: 'docs/metrics.md',
    args: ['-C', 'source', 'apps/broker/src/main.ts', '--print-metrics-docs'],
    andThen: ['-C', 'source', 'tools/control-plane-metrics.mjs'],
  },
  {
    path: 'docs/compatibility.md',
    args: ['-C', 'source', 'tools/reference-docs.mjs', 'compatibility'],
  },
  {
    path: 'docs/configuration-without-effect.md',
    args: ['-C', 'source', 'tools/reference-docs.mjs', 'without-effect'],
  },
  {
    path: 'docs/weir.schema.json',
    args: ['-C', 'source', 'tools/print-weir-schema.mjs'],
  },
  {
    path: 'docs/weir-reference.md',
    args: ['-C', 'source', 'tools/print-weir-reference.mjs'],
  },
  { path: 'docs/clients.md', args: ['-C', 'source', 'test/conformance/matrix/table.ts'] },
];

for (const { path, args, andThen } of pages) {
  const result = print(args, andThen);
  const file = join(root, path);
  const committed = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (result.status !== 0) {
    process.stderr.write(`${path}: ${result.stderr}\n`);
    process.exitCode = 1;
  } else if (!process.argv.includes('--check')) writeFileSync(file, result.stdout);
  else if (committed !== result.stdout) {
    process.stderr.write(`${path} is not current. Run: npm run gen\n`);
    process.exitCode = 1;
  }
}

/** The output of one program, and below it that of another. */
function print(args, andThen) {
  const first = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (andThen === undefined || first.status !== 0) return first;
  const second = print(andThen);
  return { ...second, stdout: `${first.stdout}${second.stdout}` };
}
