import type { AnsweredCall } from '@weirhouse/broker-core';
import { expect, test } from 'vitest';
import { SlowRequests } from './slow-requests.ts';

function aCall(changes: Partial<AnsweredCall> = {}): AnsweredCall {
  return {
    apiKey: 0,
    version: 9,
    client: {
      caller: { principal: 'User:agent', host: '10.0.0.7' },
      clientId: 'app',
      listenerName: 'PLAINTEXT',
    },
    errorCode: 0,
    bytes: 100,
    queuedMs: 0,
    busyMs: 1,
    takenMs: 2,
    ...changes,
  };
}

function aWatch(thresholdMs = 1000) {
  const lines: object[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (fields: object) => lines.push(fields) };
  const time = { nowMs: 0 };
  return {
    lines,
    time,
    slow: new SlowRequests({ log, thresholdMs, nowMs: () => time.nowMs }),
  };
}

test('a slow request is told with its client and where the time went', () => {
  const { lines, slow } = aWatch();
  slow.look(aCall(), 'Produce');
  slow.look(aCall({ queuedMs: 400, busyMs: 100, takenMs: 700, errorCode: 7 }), 'Produce');
  expect(lines).toEqual([
    {
      api: 'Produce',
      version: 9,
      clientId: 'app',
      principal: 'User:agent',
      host: '10.0.0.7',
      listener: 'PLAINTEXT',
      bytes: 100,
      queuedMs: 400,
      busyMs: 100,
      waitedMs: 600,
      error: 'REQUEST_TIMED_OUT',
    },
  ]);
});

test('waiting for records or members is not slowness, work on the event loop is', () => {
  const { lines, slow } = aWatch();
  slow.look(aCall({ takenMs: 30_000 }), 'Fetch');
  slow.look(aCall({ takenMs: 30_000 }), 'JoinGroup');
  expect(lines).toEqual([]);
  slow.look(aCall({ busyMs: 1500, takenMs: 1500 }), 'Fetch');
  expect(lines).toHaveLength(1);
});

test('a flood of slow requests is cut, and the next line says by how much', () => {
  const { lines, slow, time } = aWatch();
  for (let count = 0; count < 20; count++) slow.look(aCall({ takenMs: 2000 }), 'Produce');
  expect(lines).toHaveLength(5);
  time.nowMs = 1000;
  slow.look(aCall({ takenMs: 2000 }), 'Produce');
  expect(lines.at(-1)).toMatchObject({ untold: 15 });
});

test('a threshold of 0 tells of nothing', () => {
  const { lines, slow } = aWatch(0);
  slow.look(aCall({ takenMs: 60_000 }), 'Produce');
  expect(lines).toEqual([]);
});
