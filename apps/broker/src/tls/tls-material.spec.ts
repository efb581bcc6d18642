import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canMakeCertificates, makeCertificate, temporaryFolder } from '@weirhouse/testing-harness';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readPemFiles } from './pem-files.ts';

describe.runIf(canMakeCertificates())('certificate files', () => {
  test('a pair is read; whatever is wrong is one sentence with its setting and file', () => {
    const folder = temporaryFolder('pem');
    onTestFinished(folder.remove);
    const pair = makeCertificate(folder.path, 'server');
    const other = makeCertificate(folder.path, 'other');
    const missing = join(folder.path, 'missing');
    const empty = join(folder.path, 'empty');
    writeFileSync(empty, '');
    expect(readPemFiles(pair).cert.toString()).toContain('BEGIN CERTIFICATE');

    const { certificateFile, keyFile } = pair;
    const cases = [
      { files: { certificateFile: missing, keyFile }, says: `${missing} cannot be read` },
      { files: { certificateFile, keyFile: missing }, says: `${missing} cannot be read` },
      { files: { certificateFile: empty, keyFile }, says: `${empty} holds no certificate` },
      { files: { certificateFile, keyFile: empty }, says: `${empty} holds no unencrypted` },
      { files: { certificateFile: keyFile, keyFile }, says: `${keyFile} holds no certificate` },
      {
        files: { certificateFile, keyFile: certificateFile },
        says: `${certificateFile} holds no unencrypted private key`,
      },
      {
        files: { certificateFile, keyFile: other.keyFile },
        says: `${other.keyFile} is not the private key of the certificate in ${certificateFile}`,
      },
    ];
    for (const { files, says } of cases) {
      const field =
        files.certificateFile === certificateFile ? 'ssl.key.file' : 'ssl.certificate.file';
      expect(() => readPemFiles(files)).toThrow(
        expect.objectContaining({
          code: 'invalid_argument',
          field,
          message: expect.stringMatching(/^[^\n]+\.$/),
        }),
      );
      expect(() => readPemFiles(files)).toThrow(`${field}: ${says}`);
    }
  });
});
