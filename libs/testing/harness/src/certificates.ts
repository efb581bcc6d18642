import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { requireTool } from './tools.ts';

const TOOL = 'openssl';

export interface TestCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** True when `makeCertificate` works; else the reason was printed, or thrown where CI=true. */
export function canMakeCertificates(): boolean {
  return requireTool(TOOL, 'apt-get install openssl');
}

/** Makes a key and a certificate for 127.0.0.1, signed by itself, as PEM files in `folder`. */
export function makeCertificate(folder: string, name: string): TestCertificate {
  const certificateFile = join(folder, `${name}.pem`);
  const keyFile = join(folder, `${name}.key`);
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const out = ['-keyout', keyFile, '-out', certificateFile];
  execFileSync(TOOL, ['req', '-x509', '-days', '2', ...curve, ...subject, ...out], {
    stdio: 'pipe',
  });
  return { certificateFile, keyFile };
}
