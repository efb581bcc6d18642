import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { AppError } from '@weirhouse/shared-kernel';
import type { MaterialSource, TlsSettings } from './tls-settings.ts';

/** What a listener serves TLS with, and when its certificate ends (wall time in ms, if that can be read). */
export interface TlsMaterial {
  readonly context: SecureContextOptions;
  readonly expiresMs: number | undefined;
}

/**
 * Reads certificate, key and trusted authorities and checks that TLS can use them together. Throws
 * `invalid_argument`, one sentence that names the setting and the file.
 */
export function loadTlsMaterial(settings: TlsSettings): TlsMaterial {
  const { ciphers, maxVersion, minVersion, trust } = settings;
  const own = settings.form === 'PEM' ? pemPair(settings) : keyStore(settings);
  const suites = ciphers === undefined ? {} : { ciphers };
  const context = { ...own, ...suites, minVersion, maxVersion };
  if (trust === undefined) return { context, expiresMs: expiryOf(own) };
  const ca = read(trust);
  check(() => new X509Certificate(ca), trust, 'holds no certificate in PEM format');
  check(() => createSecureContext({ ...context, ca }), trust, 'cannot be used');
  return { context: { ...context, ca }, expiresMs: expiryOf(own) };
}

/** What would be different if a setting or a file had changed; files that are not there count too. */
export function materialSignature(settings: TlsSettings): string {
  const { certificate, key, trust, ...rest } = settings;
  const sources = trust === undefined ? [certificate, key] : [certificate, key, trust];
  const files = sources.map(({ file }) => {
    if (file === undefined) return '';
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? 'missing' : `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
  });
  return JSON.stringify([sources, rest, files]);
}

function pemPair({ certificate, key, passphrase }: TlsSettings): SecureContextOptions {
  const cert = read(certificate);
  const secret = { key: read(key), ...(passphrase !== undefined && { passphrase }) };
  check(() => new X509Certificate(cert), certificate, 'holds no certificate in PEM format');
  check(
    () => createSecureContext({ cert }),
    certificate,
    'holds a certificate that cannot be used',
  );
  const form = passphrase === undefined ? 'unencrypted private key' : 'private key';
  check(() => createSecureContext(secret), key, `holds no ${form} in PEM format`);
  const pair = { cert, ...secret };
  const whose = `is not the private key of the certificate in ${nameOf(certificate)}`;
  check(() => createSecureContext(pair), key, whose);
  return pair;
}

function keyStore({ certificate, passphrase }: TlsSettings): SecureContextOptions {
  const pfx = read(certificate);
  const store = { pfx, ...(passphrase !== undefined && { passphrase }) };
  const fault = 'cannot be read as a PKCS12 key store with ssl.keystore.password';
  check(() => createSecureContext(store), certificate, fault);
  return store;
}

function read({ field, file, text }: MaterialSource): Buffer {
  if (file === undefined) return Buffer.from(text ?? '');
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new AppError('invalid_argument', `${field}: ${file} cannot be read.`, { field, cause });
  }
}

function nameOf({ field, file }: MaterialSource): string {
  return file ?? field;
}

function check(attempt: () => unknown, source: MaterialSource, fault: string): void {
  try {
    attempt();
  } catch (cause) {
    const reason = (cause as { reason?: string }).reason ?? (cause as Error).message;
    const subject = source.file === undefined ? 'it' : source.file;
    throw new AppError(
      'invalid_argument',
      `${source.field}: ${subject} ${fault} (${reason.split('\n')[0]}).`,
      { field: source.field, cause },
    );
  }
}

function expiryOf({ cert }: SecureContextOptions): number | undefined {
  return cert instanceof Buffer ? new X509Certificate(cert).validToDate.getTime() : undefined;
}
