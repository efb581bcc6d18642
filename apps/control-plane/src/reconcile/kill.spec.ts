import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIGRATIONS_FOLDER, readMigrations } from '../database/migrations.ts';
import { ensureTemplate } from '../database/template.ts';
import { findProcess } from '../provisioner/local/process-identity.ts';

const PROGRAM = fileURLToPath(new URL('./kill-test-process.ts', import.meta.url));
const CHECKOUT = path.join(import.meta.dirname, '../../../..');
const BROKER = 'clusters/lkc-abc123/1';

let stateFolder: string;

/** Runs a control plane until its goal, or until it kills itself; the signal or the exit code. */
function runControlPlane(goal: 'create' | 'delete', crashPoint = ''): Promise<string> {
  return new Promise((resolve) => {
    const args = ['--conditions=source', PROGRAM, stateFolder, goal, crashPoint];
    const child = spawn(process.execPath, args, { cwd: CHECKOUT, stdio: 'inherit' });
    child.on('exit', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
}

function pidOf(): number {
  const record = fs.readFileSync(path.join(stateFolder, BROKER, 'process.json'), 'utf8');
  return Number(JSON.parse(record).pid);
}

/** A broker whose parent was killed may stay a zombie here: that is not running. */
function isRunning(pid: number): boolean {
  return findProcess(pid) !== undefined;
}

beforeEach(async () => {
  stateFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'kill-'));
  await ensureTemplate(await readMigrations(MIGRATIONS_FOLDER));
}, 60_000);

afterEach(() => {
  if (fs.existsSync(path.join(stateFolder, BROKER, 'process.json'))) {
    const pid = pidOf();
    if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  }
  fs.rmSync(stateFolder, { recursive: true, force: true });
});

describe('a control plane process killed for real', () => {
  it('leaves a broker that serves, and the next processes finish creation and deletion', async () => {
    for (const point of ['startBroker:done', 'pushCredential:pushed'])
      expect(await runControlPlane('create', point)).toBe('SIGKILL');
    const pid = pidOf();
    expect(isRunning(pid)).toBe(true);
    expect(await runControlPlane('create')).toBe('exit 0');
    expect(pidOf()).toBe(pid);
    const starts = fs.readFileSync(path.join(stateFolder, BROKER, 'data/starts'), 'utf8');
    expect(starts).toBe(`${pid}\n`);
    expect(await runControlPlane('delete', 'stopBroker:done')).toBe('SIGKILL');
    expect(isRunning(pid)).toBe(false);
    expect(fs.existsSync(path.join(stateFolder, BROKER))).toBe(true);
    expect(await runControlPlane('delete')).toBe('exit 0');
    expect(fs.existsSync(path.join(stateFolder, BROKER))).toBe(false);
  }, 120_000);
});
