import { beforeEach, expect, test } from 'vitest';
import { LoginCache } from './login-cache.ts';

let nowMs: number;
let finds: string[];
let cache: LoginCache<string>;

beforeEach(() => {
  nowMs = 0;
  finds = [];
  cache = new LoginCache({ wallMs: () => 0, monotonicMs: () => nowMs });
});

function find(id: string): Promise<string | undefined> {
  finds.push(id);
  return Promise.resolve(id === 'none' ? undefined : `login of ${id}`);
}

test('a found login is looked up once, and again when it has become old', async () => {
  for (nowMs of [0, 1_999, 2_000]) expect(await cache.get('a', find)).toBe('login of a');
  expect(finds).toHaveLength(2);
});

test('what was not found is asked for every time', async () => {
  await cache.get('none', find);
  await cache.get('none', find);
  expect(finds).toHaveLength(2);
});

test('nothing read before a commit is remembered after it', async () => {
  await cache.get('a', async (id) => {
    cache.clear();
    return find(id);
  });
  await cache.get('a', find);
  cache.clear();
  await cache.get('a', find);
  expect(finds).toHaveLength(3);
});

test('it does not grow without bound', async () => {
  for (let index = 0; index < 3_000; index += 1) await cache.get(`k${index}`, find);
  finds = [];
  await cache.get('k0', find);
  await cache.get('k2999', find);
  expect(finds).toEqual(['k0']);
});
