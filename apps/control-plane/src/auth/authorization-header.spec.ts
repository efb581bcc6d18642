import { expect, test } from 'vitest';
import { parseAuthorization } from './authorization-header.ts';

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

test('Basic holds an id and a secret, which may itself hold colons', () => {
  expect(parseAuthorization(basic('KEY:se:cret'))).toEqual({
    scheme: 'basic',
    id: 'KEY',
    secret: 'se:cret',
  });
  expect(parseAuthorization(basic('KEY:'))).toMatchObject({ secret: '' });
});

test('a Bearer token is taken as it is, whatever the case of the scheme', () => {
  expect(parseAuthorization('bEARER a.b-c_d')).toEqual({ scheme: 'bearer', token: 'a.b-c_d' });
});

test('what is malformed, of another scheme or too long is nothing', () => {
  for (const header of [
    '',
    'Basic',
    'Basic ???',
    basic('nocolon'),
    basic(':secret'),
    basic(`KEY:${'x'.repeat(600)}`),
    'Digest abc',
    'Bearer a b',
    `Bearer ${'x'.repeat(9_000)}`,
  ])
    expect(parseAuthorization(header)).toBeUndefined();
});
