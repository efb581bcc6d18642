import { getCiphers } from 'node:tls';
import { AppError } from '@weirhouse/shared-kernel';

const SETTING = 'ssl.cipher.suites';
const KNOWN: ReadonlySet<string> = new Set(getCiphers());

/**
 * Cipher suites by their IANA names, as Kafka writes them, in the form that OpenSSL takes. Undefined for an
 * empty list: then the platform's own. Throws `invalid_argument` for one that this platform does not have.
 */
export function cipherListOf(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  return names
    .map((name) => {
      const suite = opensslName(name);
      if (KNOWN.has(suite.toLowerCase())) return suite;
      throw new AppError('invalid_argument', `${SETTING}: ${name} is not a known cipher suite.`, {
        field: SETTING,
      });
    })
    .join(':');
}

/** TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is ECDHE-RSA-AES128-GCM-SHA256; names of TLS 1.3 are the same. */
function opensslName(name: string): string {
  const match = /^TLS_(\w+?)_WITH_(\w+)$/u.exec(name);
  if (match === null) return name;
  const [, exchange = '', cipher = ''] = match;
  const suite = cipher
    .replace(/^AES_(\d+)/u, 'AES$1')
    .replace('_CBC_', '_')
    .replace('POLY1305_SHA256', 'POLY1305')
    .replaceAll('_', '-');
  return exchange === 'RSA' ? suite : `${exchange.replaceAll('_', '-')}-${suite}`;
}
