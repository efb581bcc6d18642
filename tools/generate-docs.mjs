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
  { path: 'docs/clients.md', args: ['-C', 'source', 'test/conformance/matrix/table.ts'] },
];

for (const { path, args } of pages) {
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
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
