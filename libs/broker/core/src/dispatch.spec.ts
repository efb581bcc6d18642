import { describe, expect, it } from 'vitest';

import { API_INFOS } from '@weirhouse/kafka-protocol';

import { ADVERTISED_APIS, HANDLERS } from './dispatch.ts';
import { apiCalls } from './testing/api-calls.ts';
import { TestTube } from './testing/test-tube.ts';

/** Keys of the first release; more are welcome, fewer are a regression. */
const SERVED_KEYS = [
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 29, 30, 31, 32, 33, 36,
  37, 42, 44, 47, 50, 51, 60, 75,
];

describe('the dispatch table', () => {
  it('serves every key of the first release', () => {
    const keys = Array.from(HANDLERS.keys());
    expect(keys).toEqual(keys.toSorted((a, b) => a - b));
    expect(keys).toEqual(expect.arrayContaining(SERVED_KEYS));
  });

  it('has the ranges of Kafka 4.3.1, with Produce advertised from 0', () => {
    const kafka = new Map(API_INFOS.map((info) => [info.apiKey, info]));
    for (const { apiKey, maxVersion, minVersion } of ADVERTISED_APIS) {
      const info = kafka.get(apiKey);
      expect([apiKey, minVersion, maxVersion]).toEqual([
        apiKey,
        apiKey === 0 ? 0 : info?.minVersion,
        info?.stableMaxVersion,
      ]);
    }
  });

  it('is what ApiVersions says, in every version of it', () => {
    const tube = new TestTube();
    for (const version of [0, 1, 2, 3, 4]) {
      const named = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' };
      const response = tube.connect().call(apiCalls.apiVersions, version, named);
      expect(response.errorCode).toBe(0);
      const ranges = response.apiKeys.map(({ apiKey, maxVersion, minVersion }) => {
        return { apiKey, minVersion, maxVersion };
      });
      expect(ranges).toEqual(ADVERTISED_APIS);
    }
  });
});
