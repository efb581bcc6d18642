import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigResolver } from '@weirhouse/broker-metadata';
import { canMakeCertificates, makeCertificate, temporaryFolder } from '@weirhouse/testing-harness';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findTlsFault } from './tls-fault.ts';

function arrange() {
  const folder = temporaryFolder('tls-fault');
  onTestFinished(folder.remove);
  const { certificateFile, keyFile } = makeCertificate(folder.path, 'server');
  const store = join(folder.path, 'store.pem');
  writeFileSync(store, readFileSync(keyFile, 'utf8') + readFileSync(certificateFile, 'utf8'));
  const written = new Map([
    ['ssl.certificate.file', certificateFile],
    ['ssl.key.file', keyFile],
  ]);
  const nothing = { version: 0, of: () => new Map<string, string>() };
  const configs = new ConfigResolver(nothing, { brokerId: 1, values: written });
  const fault = (values: Readonly<Record<string, string>>) =>
    findTlsFault({
      listeners: ['INSIDE', 'OUTSIDE'],
      written,
      proposed: configs.proposing('1', new Map(Object.entries(values))),
    });
  return { fault, store };
}

describe.runIf(canMakeCertificates())('proposed settings of TLS', () => {
  test('are fine when every listener can use them', () => {
    const { fault, store } = arrange();
    expect(fault({})).toBeUndefined();
    const own = 'listener.name.outside.ssl.keystore';
    expect(fault({ [`${own}.location`]: store, [`${own}.type`]: 'PEM' })).toBeUndefined();
  });

  test('are refused with the listener, the setting and what is wrong', () => {
    const { fault } = arrange();
    const own = 'listener.name.outside.ssl.keystore';
    expect(fault({ [`${own}.location`]: '/none.pem', [`${own}.type`]: 'PEM' })).toBe(
      'Listener OUTSIDE cannot use it: ssl.keystore.location: /none.pem cannot be read.',
    );
    expect(fault({ [`${own}.location`]: '/none.jks', [`${own}.type`]: 'JKS' })).toContain(
      'only PEM and PKCS12 can be read here. Convert the store',
    );
  });
});
