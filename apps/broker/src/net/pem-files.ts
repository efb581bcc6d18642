import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { AppError } from '@weirhouse/shared-kernel';

export interface PemFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/**
 * Reads a certificate chain and its private key and checks that TLS can use them together. Throws
 * `invalid_argument`, one sentence that names the setting and the file.
 */
export function readPemFiles({ certificateFile, keyFile }: PemFiles): {
  cert: Buffer;
  key: Buffer;
} {
  const cert = readPem(certificateFile, 'ssl.certificate.file');
  const key = readPem(keyFile, 'ssl.key.file');
  check(() => createSecureContext({ cert }), {
    field: 'ssl.certificate.file',
    message: `ssl.certificate.file: ${certificateFile} holds no certificate in PEM format`,
  });
  check(() => createSecureContext({ key }), {
    field: 'ssl.key.file',
    message: `ssl.key.file: ${keyFile} holds no unencrypted private key in PEM format`,
  });
  check(() => createSecureContext({ cert, key }), {
    field: 'ssl.key.file',
    message: `ssl.key.file: ${keyFile} is not the private key of the certificate in ${certificateFile}`,
  });
  return { cert, key };
}

function readPem(path: string, field: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new AppError('invalid_argument', `${field}: ${path} cannot be read.`, { field, cause });
  }
}

function check(attempt: () => unknown, fault: { field: string; message: string }): void {
  try {
    attempt();
  } catch (cause) {
    const reason = (cause as { reason?: string }).reason ?? (cause as Error).message;
    throw new AppError('invalid_argument', `${fault.message} (${reason}).`, {
      field: fault.field,
      cause,
    });
  }
}
