import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Writer } from '@weirhouse/kafka-protocol';

import { HANDLERS } from './dispatch.ts';
import { apiCalls, type ApiCall } from './testing/api-calls.ts';
import { fetchRequest, produceRequest } from './testing/requests.ts';
import { SASL_LISTENER, TestTube } from './testing/test-tube.ts';

const RUNS_PER_API = 60;
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Requests with something in them, for the keys whose default request is nearly empty. */
const SAMPLES = new Map<number, object>([
  [0, produceRequest('t')],
  [1, fetchRequest('t', { sessionEpoch: 0 })],
  [
    2,
    {
      topics: [
        { name: 't', partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] },
      ],
    },
  ],
  [3, { topics: [{ name: 't', topicId: TOPIC_ID }] }],
  [11, { groupId: 'g', protocolType: 'p', protocols: [{ name: 'a', metadata: Buffer.from('m') }] }],
  [
    19,
    {
      topics: [
        {
          name: 'fuzz',
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [],
          configs: [{ name: 'retention.ms', value: '1' }],
        },
      ],
    },
  ],
  [32, { resources: [{ resourceType: 2, resourceName: 't', configurationKeys: ['segment.ms'] }] }],
]);

function encode<Request>(
  api: ApiCall<Request, unknown>,
  version: number,
  message: Partial<Request>,
): Buffer {
  const writer = new Writer();
  writer.writeInt16(api.schema.apiKey);
  writer.writeInt16(version);
  writer.writeInt32(1);
  writer.writeNullableString('fuzz');
  if (version >= api.schema.flexibleFrom) writer.writeTaggedFields(undefined);
  api.write(writer, { ...api.request(), ...message }, version);
  return Buffer.concat(writer.finish());
}

function mutate(frame: Buffer, changes: readonly (readonly [number, number])[]): Buffer {
  const mutated = Buffer.from(frame);
  // The first four bytes choose API and version and stay.
  for (const [at, value] of changes) mutated[4 + (at % (frame.length - 4))] = value;
  return mutated;
}

const everyApi = Object.values(apiCalls) as unknown as ApiCall<object, object>[];
const handlerFailed = (tube: TestTube) =>
  tube.problems.filter(({ message }) => message === 'a request handler failed');

describe('mutated requests', () => {
  it.each(everyApi.map((api) => [api.schema.name, api] as const))(
    'of %s are answered or close the connection, and nothing else breaks',
    (_, api) => {
      const handler = HANDLERS.get(api.schema.apiKey);
      if (handler === undefined) throw new Error('the API is served');
      const tube = new TestTube({ superUsers: ['User:ANONYMOUS'] });
      tube.createTopic('t');
      tube.connect().call(apiCalls.findCoordinator, 1, { key: 'g' });
      const sample = SAMPLES.get(api.schema.apiKey) ?? {};
      const change = fc.tuple(fc.nat(10_000), fc.nat(255));
      const property = fc.property(
        fc.integer({ min: handler.minVersion, max: handler.maxVersion }),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (version, changes) => {
          const client = tube.connect();
          const frame = mutate(encode(api, version, sample), changes);
          const exchange = client.sendFrame(frame, (bytes) => bytes);
          tube.advance(200);
          exchange.sent();
          client.disconnect();
          expect(handlerFailed(tube)).toEqual([]);
        },
      );
      fc.assert(property, { seed: 11, numRuns: RUNS_PER_API });
      expect(tube.connect().call(apiCalls.metadata, 5, { topics: null }).brokers).toHaveLength(1);
    },
  );

  it('of random bytes do no harm before authentication and after', () => {
    const tube = new TestTube();
    const property = fc.property(
      fc.constantFrom(SASL_LISTENER, 'PLAINTEXT'),
      fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }),
      (listener, frames) => {
        const client = tube.connect(listener);
        for (const bytes of frames) client.sendFrame(Buffer.from(bytes), (frame) => frame);
        tube.advance(200);
        client.disconnect();
        expect(handlerFailed(tube)).toEqual([]);
      },
    );
    fc.assert(property, { seed: 12, numRuns: 500 });
    expect(tube.broker.status().connections).toBe(0);
  });
});
