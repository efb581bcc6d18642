import { describe, expect, test } from 'vitest';
import { createIssuerFetch, requireIssuerUrl } from './issuer-fetch.ts';
import { isPublicAddress } from './public-address.ts';

test.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fc00::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'localhost',
  '',
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

describe.each([
  ['http://issuer.example/jwks', 'must begin with https://'],
  ['https://127.0.0.1/jwks', 'private address'],
  ['https://[::1]/jwks', 'private address'],
  ['https://2130706433/jwks', 'private address'],
  ['https://0x7f.1/jwks', 'private address'],
  ['https://user:secret@issuer.example/', 'credentials'],
  ['https://issuer.example/#x', 'fragment'],
])('the URL %s', (url, says) => {
  test(`is refused: ${says}`, () => {
    expect(() => requireIssuerUrl(url, '/jwks_uri', 'public')).toThrow(says);
  });
});

test('a name that resolves to this machine is not reached', async () => {
  await expect(createIssuerFetch('public')('https://localhost:1/jwks')).rejects.toMatchObject({
    code: 'unavailable',
  });
});
