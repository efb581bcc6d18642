import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setImmediate as immediate, setTimeout as delay } from 'node:timers/promises';
import { failureBody, failureFromError } from '@weirhouse/cloud-contract';
import { isAppError } from '@weirhouse/shared-kernel';
import { withRestCode } from '../http/failure.filter.ts';
import type { StreamReply } from '../http/http-types.ts';
import { badRequest, toRestFailure } from './kafka-failures.ts';
import type { RecordReader } from './record-reader.ts';
import type { RecordOutcome, RecordWriter } from './record-writer.ts';

/** One request that writes records, and its answer. */
export interface RecordExchange {
  readonly reader: RecordReader;
  readonly writer: RecordWriter;
  readonly reply: StreamReply;
  readonly requestId: string;
  /** Throws when the caller may not go on: streams outlive credentials. */
  readonly check: () => Promise<void>;
  /** For how long the caller's quotas hold it back: a stream is read on after that. */
  readonly heldBackMs: () => number;
}

/** A body of one record is answered by a status of its own; several by 200 and one object each. */
export async function exchangeRecords(exchange: RecordExchange): Promise<void> {
  const { check, heldBackMs, reader, reply, requestId, writer } = exchange;
  const gone = new AbortController();
  const batches = reader.batches();
  const first = await batches.next();
  if (first.done === true) throw badRequest('The body must hold a record.');
  const reading = batches.next();
  let isOver = false;
  void reading
    .then(({ done }) => (isOver = done === true))
    // A failure to read on is told where the rest is waited for.
    .catch(() => false);
  const outcomes = await writer.write(first.value);
  await immediate();
  const [outcome] = outcomes;
  if (isOver && outcome !== undefined && outcomes.length === 1) {
    if (outcome.kind === 'failed') throw outcome.error;
    reply.status(200).send(outcome.body);
    return;
  }
  async function* answers(): AsyncGenerator<string> {
    yield textOf(outcomes, requestId);
    for (let next = await reading; next.done !== true; next = await batches.next()) {
      await pause(heldBackMs(), gone.signal);
      const refusal = await findRefusal(check);
      yield textOf(refusal ? [refusal] : await writer.write(next.value), requestId);
      if (refusal) break;
    }
  }
  const stream = Readable.from(answers());
  reply.status(200).header('content-type', 'application/json').send(stream);
  // A caller that goes away in the middle has nobody to be told of it.
  await finished(reply.raw, { readable: false }).catch(() => undefined);
  gone.abort();
  stream.destroy();
}

/** Ends early when nobody waits any more. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, undefined, { signal }).catch(() => undefined);
}

async function findRefusal(check: () => Promise<void>): Promise<RecordOutcome | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return { kind: 'failed', error };
  }
}

function textOf(outcomes: readonly RecordOutcome[], requestId: string): string {
  return outcomes.map((outcome) => `${JSON.stringify(bodyOf(outcome, requestId))}\r\n`).join('');
}

function bodyOf(outcome: RecordOutcome, requestId: string): object {
  if (outcome.kind === 'written') return outcome.body;
  const error = toRestFailure(outcome.error);
  const failure = failureFromError(error, requestId);
  const cause = isAppError(error) ? error.cause : undefined;
  return failureBody(withRestCode(failure, cause), 'kafka-rest');
}
