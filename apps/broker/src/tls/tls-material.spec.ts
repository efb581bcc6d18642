import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  canMakeCertificates,
  makeCertificate,
  makeKeyStore,
  temporaryFolder,
} from '@weirhouse/testing-harness';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ListenerSettings, SettingSource } from '../listener-settings.ts';
import { loadTlsMaterial } from './tls-material.ts';
import { tlsSettingsOf } from './tls-settings.ts';

function load(values: Readonly<Record<string, string>>) {
  const settings = new ListenerSettings('SSL', new SettingSource(new Map(Object.entries(values))));
  return loadTlsMaterial(tlsSettingsOf(settings));
}

function arrange() {
  const folder = temporaryFolder('tls');
  onTestFinished(folder.remove);
  const pair = makeCertificate(folder.path, 'server');
  const text = (file: string): string => readFileSync(file, 'utf8');
  return { folder: folder.path, pair, text };
}

describe.runIf(canMakeCertificates())('certificates of a listener', () => {
  test('are read from two files, one PEM store, one PKCS12 store or the settings themselves', () => {
    const { folder, pair, text } = arrange();
    const { certificateFile, keyFile } = pair;
    const store = join(folder, 'store.pem');
    writeFileSync(store, text(keyFile) + text(certificateFile));
    const password = 'a store password';
    const pkcs12 = makeKeyStore(folder, pair, password);
    const two = load({ 'ssl.certificate.file': certificateFile, 'ssl.key.file': keyFile });
    expect(two.expiresMs).toBeGreaterThan(Date.now());
    load({ 'ssl.keystore.location': store, 'ssl.keystore.type': 'PEM' });
    const typed = { 'ssl.keystore.location': pkcs12, 'ssl.keystore.type': 'PKCS12' };
    load({ ...typed, 'ssl.keystore.password': password });
    expect(() => load({ ...typed, 'ssl.keystore.password': 'wrong' })).toThrow(
      `ssl.keystore.location: ${pkcs12} cannot be read as a PKCS12 key store`,
    );
    const chain = text(certificateFile);
    load({ 'ssl.keystore.certificate.chain': chain, 'ssl.keystore.key': text(keyFile) });
    load({
      'listener.name.ssl.ssl.keystore.location': store,
      'listener.name.ssl.ssl.keystore.type': 'PEM',
      'ssl.certificate.file': 'never read',
    });
  });

  test('whatever is wrong is one sentence with its setting and file', () => {
    const { folder, pair } = arrange();
    const other = makeCertificate(folder, 'other');
    const missing = join(folder, 'missing');
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
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
      const attempt = () =>
        load({ 'ssl.certificate.file': files.certificateFile, 'ssl.key.file': files.keyFile });
      expect(attempt).toThrow(
        expect.objectContaining({
          code: 'invalid_argument',
          field,
          message: expect.stringMatching(/^[^\n]+\.$/),
        }),
      );
      expect(attempt).toThrow(`${field}: ${says}`);
    }
  });

  test('clients are asked for certificates only with authorities of their own', () => {
    const { pair } = arrange();
    const own = { 'ssl.certificate.file': pair.certificateFile, 'ssl.key.file': pair.keyFile };
    const asked = { ...own, 'ssl.client.auth': 'required' };
    expect(() => load(asked)).toThrow('Listener SSL needs ssl.truststore.location.');
    const trusted = { ...asked, 'ssl.truststore.location': pair.certificateFile };
    expect(() => load(trusted)).toThrow('ssl.truststore.type: listener SSL has JKS');
    expect(load({ ...trusted, 'ssl.truststore.type': 'PEM' }).context.ca).toBeDefined();
    const bad = { ...asked, 'ssl.truststore.location': pair.keyFile, 'ssl.truststore.type': 'PEM' };
    expect(() => load(bad)).toThrow(`${pair.keyFile} holds no certificate`);
  });
});
