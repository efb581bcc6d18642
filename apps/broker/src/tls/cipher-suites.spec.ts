import { createSecureContext } from 'node:tls';
import { expect, test } from 'vitest';
import { cipherListOf } from './cipher-suites.ts';

test.each([
  ['TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', 'ECDHE-RSA-AES256-SHA384'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE-RSA-AES128-SHA'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'DHE-RSA-AES128-GCM-SHA256'],
  ['TLS_RSA_WITH_AES_256_GCM_SHA384', 'AES256-GCM-SHA384'],
])('%s is what OpenSSL calls %s', (name, suite) => {
  const ciphers = cipherListOf([name]);
  expect(ciphers).toBe(suite);
  expect(() => createSecureContext({ ciphers })).not.toThrow();
});

test('an empty list leaves the choice to the platform', () => {
  expect(cipherListOf([])).toBeUndefined();
});

test('a suite that there is not is named with its setting', () => {
  expect(() => cipherListOf(['TLS_AES_256_GCM_SHA384', 'TLS_NO_SUCH'])).toThrow(
    'ssl.cipher.suites: TLS_NO_SUCH',
  );
});
