import { expect, test } from 'vitest';
import { parseListener, refuseOpenListeners } from './config.ts';

const listeners = (...texts: string[]) => texts.map((text) => parseListener(text, 'listeners'));

test('listeners that ask for no login are for this machine only', () => {
  for (const open of ['PLAINTEXT://0.0.0.0:9092', 'SSL://0.0.0.0:9093', 'SSL://[::]:9093'])
    expect(() => refuseOpenListeners(listeners('SASL_SSL://0.0.0.0:9094', open))).toThrow(
      'would be open to anyone who reaches it',
    );
  refuseOpenListeners(
    listeners('PLAINTEXT://127.0.0.1:1', 'SSL://[::1]:2', 'SSL://localhost:3', 'SASL_SSL://:4'),
  );
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
