import { AppError } from '@weirhouse/shared-kernel';
import type { ListenerSettings } from '../listener-settings.ts';
import { cipherListOf } from './cipher-suites.ts';

/** Where a piece of key material stands: in a file, or in the setting itself. */
export interface MaterialSource {
  /** The setting, for messages. */
  readonly field: string;
  readonly file?: string;
  readonly text?: string;
}

/** Whether clients are asked for a certificate (ssl.client.auth). */
export type ClientAuth = 'none' | 'requested' | 'required';

/** What TLS on a listener is made of. */
export interface TlsSettings {
  readonly form: 'PEM' | 'PKCS12';
  /** The certificate chain; in the form PKCS12 the whole key store. */
  readonly certificate: MaterialSource;
  readonly key: MaterialSource;
  readonly passphrase: string | undefined;
  /** Authorities whose certificates clients may have; there when clients are asked. */
  readonly trust: MaterialSource | undefined;
  readonly clientAuth: ClientAuth;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  /** In OpenSSL's form; undefined = those of the platform. */
  readonly ciphers: string | undefined;
}

/**
 * Reads the TLS settings of a listener: Kafka's names, with `ssl.certificate.file` and `ssl.key.file` of our
 * own for two PEM files. Throws `invalid_argument` when something is missing or in a form of Java's own.
 */
export function tlsSettingsOf(settings: ListenerSettings): TlsSettings {
  const clientAuth = settings.text('ssl.client.auth') as ClientAuth;
  const versions = settings.list('ssl.enabled.protocols');
  const hasOld = versions.includes('TLSv1.2');
  const hasNew = versions.includes('TLSv1.3');
  return {
    ...keyStoreOf(settings),
    clientAuth,
    trust: clientAuth === 'none' ? undefined : trustOf(settings),
    minVersion: hasOld || !hasNew ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: hasNew || !hasOld ? 'TLSv1.3' : 'TLSv1.2',
    ciphers: cipherListOf(settings.list('ssl.cipher.suites')),
  };
}

function keyStoreOf(
  settings: ListenerSettings,
): Pick<TlsSettings, 'form' | 'certificate' | 'key' | 'passphrase'> {
  const text = (name: string) => settings.text(name);
  const inline = materialOf(settings, 'ssl.keystore.certificate.chain', 'text');
  if (inline !== undefined) {
    const key = materialOf(settings, 'ssl.keystore.key', 'text');
    if (key === undefined) throw missing(settings, 'ssl.keystore.key');
    return { form: 'PEM', certificate: inline, key, passphrase: text('ssl.key.password') };
  }
  const store = materialOf(settings, 'ssl.keystore.location', 'file');
  if (store !== undefined) {
    const form = formOf(settings, 'ssl.keystore.type', ['PEM', 'PKCS12']);
    const passphrase = text(form === 'PEM' ? 'ssl.key.password' : 'ssl.keystore.password');
    return { form, certificate: store, key: store, passphrase };
  }
  const certificate = materialOf(settings, 'ssl.certificate.file', 'file');
  const key = materialOf(settings, 'ssl.key.file', 'file');
  if (certificate === undefined || key === undefined)
    throw new AppError(
      'invalid_argument',
      `Listener ${settings.listener} needs ssl.certificate.file and ssl.key.file, or a key store (ssl.keystore.location).`,
      { field: 'ssl.certificate.file' },
    );
  return { form: 'PEM', certificate, key, passphrase: text('ssl.key.password') };
}

/** The authorities of this listener: those that browsers trust would let in anybody with a website. */
function trustOf(settings: ListenerSettings): MaterialSource {
  const inline = materialOf(settings, 'ssl.truststore.certificates', 'text');
  if (inline !== undefined) return inline;
  const store = materialOf(settings, 'ssl.truststore.location', 'file');
  if (store === undefined) throw missing(settings, 'ssl.truststore.location');
  formOf(settings, 'ssl.truststore.type', ['PEM']);
  return store;
}

function materialOf(
  settings: ListenerSettings,
  field: string,
  kind: 'file' | 'text',
): MaterialSource | undefined {
  const value = settings.text(field);
  if (value === undefined || value === '') return undefined;
  return kind === 'file' ? { field, file: value } : { field, text: value };
}

function formOf<Form extends string>(
  settings: ListenerSettings,
  field: string,
  forms: readonly Form[],
): Form {
  const found = forms.find((form) => form === settings.text(field));
  if (found !== undefined) return found;
  throw new AppError(
    'invalid_argument',
    `${field}: listener ${settings.listener} has ${settings.text(field)}; only ${forms.join(' and ')} can be read here. Convert the store with keytool or openssl.`,
    { field },
  );
}

function missing(settings: ListenerSettings, field: string): AppError {
  return new AppError('invalid_argument', `Listener ${settings.listener} needs ${field}.`, {
    field,
  });
}
