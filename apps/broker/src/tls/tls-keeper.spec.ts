import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canMakeCertificates, makeCertificate, temporaryFolder } from '@weirhouse/testing-harness';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ListenerSettings, SettingSource } from '../listener-settings.ts';
import { TlsKeeper } from './tls-keeper.ts';
import { tlsSettingsOf } from './tls-settings.ts';

function arrange() {
  const folder = temporaryFolder('keeper');
  const files = makeCertificate(folder.path, 'server');
  const next = makeCertificate(folder.path, 'next');
  const values = new Map([
    ['ssl.certificate.file', files.certificateFile],
    ['ssl.key.file', files.keyFile],
  ]);
  const settings = new ListenerSettings('SSL', new SettingSource(values));
  const reports: (string | undefined)[] = [];
  const applied: unknown[] = [];
  const keeper = new TlsKeeper({
    settings: () => tlsSettingsOf(settings),
    pollMs: 3_600_000,
    onReload: (error) => reports.push(error?.message),
  });
  keeper.follow((context) => applied.push(context));
  onTestFinished(() => {
    keeper.close();
    folder.remove();
  });
  return { applied, files, folder: folder.path, keeper, next, reports, values };
}

describe.runIf(canMakeCertificates())('changed certificate files', () => {
  test('are taken once they have come to rest', () => {
    const { applied, files, keeper, next, reports } = arrange();
    const before = keeper.material;
    keeper.look();
    copyFileSync(next.certificateFile, files.certificateFile);
    keeper.look();
    copyFileSync(next.keyFile, files.keyFile);
    keeper.look();
    expect([applied.length, reports.length]).toEqual([0, 0]);
    keeper.look();
    expect(reports).toEqual([undefined]);
    expect(applied).toEqual([keeper.material.context]);
    expect(keeper.material).not.toBe(before);
    keeper.look();
    expect(applied).toHaveLength(1);
  });

  test('that are bad leave the old in use, with one report; good ones after them are taken', () => {
    const { applied, files, folder, keeper, reports } = arrange();
    const before = keeper.material;
    copyFileSync(files.keyFile, join(folder, 'kept'));
    writeFileSync(files.keyFile, 'not a key');
    for (let looks = 0; looks < 5; looks++) keeper.look();
    expect(reports).toEqual([expect.stringContaining('holds no unencrypted private key')]);
    expect([applied.length, keeper.material]).toEqual([0, before]);
    copyFileSync(join(folder, 'kept'), files.keyFile);
    for (let looks = 0; looks < 5; looks++) keeper.look();
    expect([reports.length, reports[1], applied.length]).toEqual([2, undefined, 1]);
  });

  test('follow settings that change at run time, and only good ones', () => {
    const { applied, files, keeper, next, reports, values } = arrange();
    const lookTwice = () => [keeper.look(), keeper.look()];
    values.set('listener.name.ssl.ssl.keystore.certificate.chain', text(next.certificateFile));
    lookTwice();
    expect(reports).toEqual(['Listener SSL needs ssl.keystore.key.']);
    lookTwice();
    values.set('listener.name.ssl.ssl.keystore.key', text(files.keyFile));
    lookTwice();
    expect(reports[1]).toContain('is not the private key of the certificate');
    expect(applied).toHaveLength(0);
    values.set('listener.name.ssl.ssl.keystore.key', text(next.keyFile));
    lookTwice();
    expect([reports.length, reports[2], applied.length]).toEqual([3, undefined, 1]);
  });
});

function text(file: string): string {
  return readFileSync(file, 'utf8');
}
