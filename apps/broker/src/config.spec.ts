import { expect, test } from 'vitest';
import {
  loadBrokerConfig,
  parseListener,
  protocolsOfListeners,
  queuedBytesOf,
  refuseOpenListeners,
} from './config.ts';
import { ListenerSettings, SettingSource } from './listener-settings.ts';
import { wantedListeners } from './listening.ts';

const listeners = (...texts: string[]) => texts.map((text) => parseListener(text, 'listeners'));

test('listeners that ask for no login are for this machine only', () => {
  for (const open of ['PLAINTEXT://0.0.0.0:9092', 'SSL://0.0.0.0:9093', 'SSL://[::]:9093'])
    expect(() => refuseOpenListeners(listeners('SASL_SSL://0.0.0.0:9094', open))).toThrow(
      'would be open to anyone who reaches it',
    );
  refuseOpenListeners(listeners('PLAINTEXT://127.0.0.1:1', 'SSL://[::1]:2', 'SASL_SSL://:4'));
});

test('requests that wait have a limit, into which the largest one fits', () => {
  const queuedOf = (text: string): number =>
    queuedBytesOf({ kafka: new Map([['queued.max.request.bytes', text]]) });
  expect([queuedOf('-1'), queuedOf('200000000')]).toEqual([Infinity, 200_000_000]);
  expect(queuedBytesOf({ kafka: new Map() })).toBe(Infinity);
  expect(() => queuedOf('1000')).toThrow('socket.request.max.bytes, 104857600');
});

test('a listener is PROTOCOL://host:port and nothing else', () => {
  expect(parseListener('SASL_SSL://[::1]:9094', 'listeners')).toEqual({
    name: 'SASL_SSL',
    protocol: 'SASL_SSL',
    host: '::1',
    port: 9094,
  });
  for (const wrong of ['127.0.0.1:1', 'TLS://a:1', 'SSL://a', 'SSL://a:65536', 'SSL://a:1/x'])
    expect(() => parseListener(wrong, 'listeners')).toThrow(`listeners: "${wrong}" is not`);
});

test('a listener may have a name of its own, and each name stands once', () => {
  const protocols = protocolsOfListeners('CLIENTS:SASL_SSL, mesh:SSL');
  expect(parseListener('clients://10.0.0.1:9094', 'listeners', protocols)).toEqual({
    name: 'CLIENTS',
    protocol: 'SASL_SSL',
    host: '10.0.0.1',
    port: 9094,
  });
  expect(() => parseListener('CLIENTS://a:1', 'listeners')).toThrow('CLIENTS://a:1');
  expect(() => protocolsOfListeners('CLIENTS:TLS')).toThrow('"CLIENTS:TLS" is not NAME:PROTOCOL');
  expect(() => refuseOpenListeners(listeners('SASL_SSL://a:1', 'SASL_SSL://a:2'))).toThrow(
    'the name SASL_SSL stands twice',
  );
});

function load(values: Readonly<Record<string, unknown>>) {
  return loadBrokerConfig([{ name: 'a test', values: { 'log.dir': 'data', ...values } }]);
}

test('TLS with a certificate demanded is open to no one', () => {
  const wide = {
    listeners: 'MESH://0.0.0.0:9094',
    'listener.security.protocol.map': 'MESH:SSL',
  };
  const required = { 'listener.name.mesh.ssl.client.auth': 'required' };
  expect(wantedListeners(load({ ...wide, ...required }))).toHaveLength(1);
  for (const clientAuth of ['none', 'requested'])
    expect(() => wantedListeners(load({ ...wide, 'ssl.client.auth': clientAuth }))).toThrow(
      'would be open to anyone',
    );
});

test('settings of a listener are checked like those of the broker, and come before them', () => {
  const { kafka } = load({
    'connections.max.reauth.ms': 1,
    'listener.name.clients.connections.max.reauth.ms': '2',
    'listener.name.clients.oauthbearer.connections.max.reauth.ms': 3,
  });
  const source = new SettingSource(kafka);
  const settings = new ListenerSettings('CLIENTS', source);
  const name = 'connections.max.reauth.ms';
  expect([settings.text(name), settings.text(name, 'OAUTHBEARER')]).toEqual(['2', '3']);
  expect(new ListenerSettings('OTHER', source).text(name)).toBe('1');
  expect(() => load({ 'listener.name.clients.connections.max.reauth.ms': 'soon' })).toThrow(
    'connections.max.reauth.ms',
  );
  expect(() => load({ 'listener.name.clients.made.up': 'x' })).toThrow('unknown key');
});
