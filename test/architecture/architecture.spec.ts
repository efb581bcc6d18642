import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRepository, root } from './repository.ts';
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

const repository = loadRepository();

test('imports follow the arrows between projects', () => {
  expect(boundaryFaults(repository)).toEqual([]);
});

test('pure libs are pure', { timeout: 60_000 }, () => {
  expect(purityFaults(repository)).toEqual([]);
});

test('no project depends on itself through others', () => {
  expect(cycleFaults(repository)).toEqual([]);
});

test('what is imported is declared, at one version', () => {
  expect(dependencyFaults(repository)).toEqual([]);
});

test('versions are exact', () => {
  expect(versionFaults(repository)).toEqual([]);
});

test('tsconfig references equal dependencies', () => {
  expect(referenceFaults(repository)).toEqual([]);
});

test('every direct dependency has its line in docs/dependencies.md', () => {
  expect(dependencyDocFaults(repository)).toEqual([]);
});

test('files are named and placed by the rules', () => {
  expect(layoutFaults(repository)).toEqual([]);
});

test('the lock is complete', () => {
  expect(lockFaults(repository)).toEqual([]);
});

test('tsc is TypeScript 7 and its API package is 6', () => {
  const tsc = (bin: string): string =>
    execFileSync(join(root, 'node_modules/.bin', bin), ['--version'], { encoding: 'utf8' });
  expect(tsc('tsc')).toMatch(/^Version 7\./);
  expect(tsc('tsc6')).toMatch(/^Version 6\./);
});

test('generated files are current', { timeout: 180_000 }, () => {
  const run = (): string =>
    execFileSync(process.execPath, ['tools/gen.mjs', '--check'], {
      cwd: root,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  expect(run).not.toThrow();
});

test('lint knows the sizes of files and functions, nesting, cycles and floating promises', () => {
  const planted = join(root, 'test/architecture/planted');
  const report = ((): string => {
    try {
      return execFileSync(
        join(root, 'node_modules/.bin/oxlint'),
        ['--type-aware', '-c', 'lint.json', '--format=unix', '.'],
        { cwd: planted, encoding: 'utf8', stdio: 'pipe' },
      );
    } catch (error) {
      return String((error as { stdout?: string }).stdout);
    }
  })();
  for (const rule of [
    'max-lines',
    'max-lines-per-function',
    'max-depth',
    'no-cycle',
    'no-floating-promises',
    'no-console',
    'no-default-export',
    'no-explicit-any',
  ])
    expect(report, rule).toContain(rule);
});
