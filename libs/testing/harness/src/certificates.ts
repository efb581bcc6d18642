import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { requireTool } from './tools.ts';

const TOOL = 'openssl';

export interface TestCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface CertificateOptions {
  /** In the form of openssl, such as `/O=weirhouse/CN=reader`. */
  readonly subject?: string;
  /** Who signs it; itself when absent. */
  readonly authority?: TestCertificate;
}

/** True when `makeCertificate` works; else the reason was printed, or thrown where CI=true. */
export function canMakeCertificates(): boolean {
  return requireTool(TOOL, 'apt-get install openssl');
}

/** Makes a key and a certificate for 127.0.0.1 as PEM files in `folder`. */
export function makeCertificate(
  folder: string,
  name: string,
  { authority, subject = '/CN=localhost' }: CertificateOptions = {},
): TestCertificate {
  const certificateFile = join(folder, `${name}.pem`);
  const keyFile = join(folder, `${name}.key`);
  const about = ['-utf8', '-subj', subject, '-addext', 'subjectAltName=IP:127.0.0.1'];
  const signer =
    authority === undefined ? [] : ['-CA', authority.certificateFile, '-CAkey', authority.keyFile];
  const ends = authority === undefined ? [] : ['-addext', 'basicConstraints=critical,CA:FALSE'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const out = ['-keyout', keyFile, '-out', certificateFile];
  execFileSync(
    TOOL,
    ['req', '-x509', '-days', '2', ...curve, ...about, ...signer, ...ends, ...out],
    {
      stdio: 'pipe',
    },
  );
  return { certificateFile, keyFile };
}

/** Puts a certificate and its key into a PKCS12 store; gives the store's file. */
export function makeKeyStore(folder: string, from: TestCertificate, password: string): string {
  const store = join(folder, 'store.p12');
  const input = ['-in', from.certificateFile, '-inkey', from.keyFile];
  const output = ['-out', store, '-passout', `pass:${password}`];
  execFileSync(TOOL, ['pkcs12', '-export', ...input, ...output], { stdio: 'pipe' });
  return store;
}
