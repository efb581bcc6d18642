// Installs the project's packages when the lock is newer than what is installed. Runs on any Node >= 20,
// before `npm start`, `npm test` and their like, so that each works alone on a fresh checkout.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const stamp = join(root, 'node_modules/.weirhouse-lock');
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stderr.write(
    'Installing packages (first start or changed lock, about half a minute) ...\n',
  );
  rmSync(stamp, { force: true });
  // Packages say they want Node >= 22; they get it from the lock itself (node-linux-*), so that warning is noise.
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--no-progress'];
  const npm = process.env['npm_execpath'];
  const result =
    npm === undefined
      ? spawnSync('npm', args, { cwd: root, encoding: 'utf8' })
      : spawnSync(process.execPath, [npm, ...args], { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error ?? ''}\n`);
    process.stderr.write('npm ci failed: see above. Is the package registry reachable?\n');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}
