import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { declaredObjects } from './declared.ts';
import { parseWeirText } from './parse.ts';
import { DocumentSchema } from './schema.ts';

const ROOT = join(import.meta.dirname, '../../../../..');
const files = globSync('deploy/examples/*/*.yaml', { cwd: ROOT }).toSorted();
const published = z.fromJSONSchema(
  JSON.parse(readFileSync(join(ROOT, 'docs/weir.schema.json'), 'utf8')) as Parameters<
    typeof z.fromJSONSchema
  >[0],
);

test('there are examples', () => {
  expect(files.length).toBeGreaterThanOrEqual(3);
});

describe.each(files)('%s', (path) => {
  const text = readFileSync(join(ROOT, path), 'utf8');

  test('is free of faults, and declares everything once', () => {
    expect(parseWeirText(text)).toMatchObject({ ok: true });
    const { objects, problems } = declaredObjects(DocumentSchema.parse(parse(text)));
    expect(problems).toEqual([]);
    expect(new Set(objects.map(({ address }) => address)).size).toBe(objects.length);
  });

  test('fits the published schema, and with a slip in a key it does not', () => {
    const value = parse(text) as object;
    expect(published.safeParse(value)).toMatchObject({ success: true });
    expect(published.safeParse({ ...value, enviroments: {} })).toMatchObject({ success: false });
  });
});
