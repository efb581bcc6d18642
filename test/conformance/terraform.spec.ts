import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { routes } from '@weirhouse/cloud-contract';
import { checkout } from '@weirhouse/testing-harness';
import { describe, expect, test } from 'vitest';
import { readBlocks } from './terraform/configuration.ts';
import { argumentsOf, PROVIDER_KINDS } from './terraform/resources.ts';

/** Arguments that Terraform itself takes in every block. */
const META = ['for_each', 'depends_on', 'lifecycle', 'lifecycle.prevent_destroy'];
const SERVED = new Set(
  Object.values(routes).map(
    ({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/gu, '{}')}`,
  ),
);
const examples = globSync('deploy/examples/*/terraform', { cwd: checkout }).toSorted();

function hasTerraform(): boolean {
  try {
    execFileSync('terraform', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    // Debian has no package of it, so not even CI can ask for it.
    process.stderr.write('Skipping terraform fmt: terraform is not installed.\n');
    return false;
  }
}

test('there is a Terraform configuration beside each example', () => {
  expect(examples).toHaveLength(3);
});

describe.each(examples)('%s', (folder) => {
  const texts = globSync('*.tf', { cwd: join(checkout, folder) }).map((file) =>
    readFileSync(join(checkout, folder, file), 'utf8'),
  );
  const blocks = texts.flatMap((text) => readBlocks(text));

  test.skipIf(!hasTerraform())('is formatted as Terraform formats', () => {
    const format = (): string =>
      execFileSync('terraform', ['fmt', '-check', '-list=true'], {
        cwd: join(checkout, folder),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    expect(format()).toBe('');
  });

  test('uses only resources and arguments that the provider has', () => {
    expect(blocks.length).toBeGreaterThan(5);
    const unknown = blocks.flatMap(({ given, kind, name }) => {
      const known = PROVIDER_KINDS[kind];
      if (known === undefined) return [kind];
      const takes = new Set([...argumentsOf(known), ...META]);
      return given.filter((one) => !takes.has(one)).map((one) => `${kind}.${name}: ${one}`);
    });
    expect(unknown).toEqual([]);
  });

  test('needs only operations that are served here', () => {
    const calls = blocks.flatMap(({ kind }) => PROVIDER_KINDS[kind]?.calls ?? []);
    expect(calls.filter((call) => !SERVED.has(call))).toEqual([]);
  });
});
