import { scryptSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { PasswordHasher } from './password.ts';

const hasher = new PasswordHasher();

/** A hash as it was made when the cost was lower. */
function cheapHash(password: string): string {
  const salt = Buffer.alloc(16, 1);
  const hash = scryptSync(password, salt, 32, { N: 2 ** 10, r: 8, p: 1 });
  return `scrypt$10$8$1$${salt.toString('base64')}$${hash.toString('base64')}`;
}

test('a password matches its own hash only, and every hash has a salt of its own', async () => {
  const stored = await hasher.hash('correct horse');
  expect(stored).toMatch(/^scrypt\$15\$8\$3\$/u);
  expect(await hasher.matches('correct horse', stored)).toBe(true);
  expect(await hasher.matches('correct horsf', stored)).toBe(false);
  expect(await hasher.hash('correct horse')).not.toBe(stored);
  expect(hasher.isOutdated(stored)).toBe(false);
});

test('nothing matches when nothing is stored', async () => {
  expect(await hasher.matches('', undefined)).toBe(false);
});

test('a hash of another cost still matches, and says that it should be replaced', async () => {
  const stored = cheapHash('correct horse');
  expect(await hasher.matches('correct horse', stored)).toBe(true);
  expect(hasher.isOutdated(stored)).toBe(true);
});

test('the same letters typed in another way are the same password', async () => {
  const stored = cheapHash('caf\u00e9'.normalize('NFKC'));
  expect(await hasher.matches('cafe\u0301', stored)).toBe(true);
});

test('a damaged hash is an error, not a wrong password', async () => {
  for (const stored of ['', 'x', 'scrypt$15$8$3$AAAA$AAAA'])
    await expect(hasher.matches('x', stored)).rejects.toMatchObject({ code: 'corrupt' });
});

test('more sign-ins than can wait are refused, and those that waited are answered', async () => {
  const stored = cheapHash('p');
  const asked = Array.from({ length: 40 }, () => hasher.matches('p', stored));
  const answers = await Promise.allSettled(asked);
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(34);
  expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(6);
  expect(await hasher.matches('p', stored)).toBe(true);
});
