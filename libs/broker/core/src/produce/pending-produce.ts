import { KafkaError } from '@weirhouse/kafka-protocol';
import type { ProduceResponsePartitionProduceResponse } from '@weirhouse/kafka-protocol/messages/produce-response';

import type { CommitWaiter } from '../durable-queue.ts';
import type { Expirable } from '../timing-wheel.ts';

/** The answer for one partition while it is being made. */
export type ProduceAnswer = {
  -readonly [
    Key in keyof ProduceResponsePartitionProduceResponse
  ]: ProduceResponsePartitionProduceResponse[Key];
};

/** Turns an answer into an error; offsets of a failed append mean nothing. */
export function failAnswer(answer: ProduceAnswer, errorCode: number, message: string | null): void {
  answer.errorCode = errorCode;
  answer.errorMessage = message;
  answer.baseOffset = -1;
  answer.logAppendTimeMs = -1;
  answer.logStartOffset = -1;
}

/** One appended batch that waits for its partition's high watermark. */
class PartitionAck implements CommitWaiter {
  readonly requiredOffset: number;
  readonly answer: ProduceAnswer;
  readonly #request: PendingProduce;
  isDone = false;

  constructor(request: PendingProduce, requiredOffset: number, answer: ProduceAnswer) {
    this.#request = request;
    this.requiredOffset = requiredOffset;
    this.answer = answer;
  }

  onCommitted(): void {
    this.#finish();
  }

  onFailed(errorCode: number): void {
    if (!this.isDone) failAnswer(this.answer, errorCode, null);
    this.#finish();
  }

  #finish(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.#request.onAcknowledged();
  }
}

/**
 * A produce request whose batches are appended and not all committed. It is finished when the last of
 * them is, or at its deadline, when what is missing is answered REQUEST_TIMED_OUT: the batch is in the
 * log and may still be committed, which is what that code means to clients.
 */
export class PendingProduce implements Expirable {
  readonly #acks: PartitionAck[] = [];
  readonly #onFinished: () => void;
  /** One more than the acknowledgements missing until `seal`, so that it cannot finish before. */
  #missing = 1;
  #isFinished = false;

  constructor(onFinished: () => void) {
    this.#onFinished = onFinished;
  }

  /** No more batches follow. True when everything is acknowledged already: then nothing is called. */
  seal(): boolean {
    this.#missing--;
    this.#isFinished = this.#missing === 0;
    return this.#isFinished;
  }

  /** A waiter for one partition's queue. */
  await(requiredOffset: number, answer: ProduceAnswer): CommitWaiter {
    const ack = new PartitionAck(this, requiredOffset, answer);
    this.#acks.push(ack);
    this.#missing++;
    return ack;
  }

  onAcknowledged(): void {
    this.#missing--;
    if (this.#missing === 0) this.#finish();
  }

  onExpired(): void {
    for (const ack of this.#acks) {
      if (ack.isDone) continue;
      ack.isDone = true;
      failAnswer(ack.answer, KafkaError.REQUEST_TIMED_OUT, null);
    }
    this.#finish();
  }

  #finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#onFinished();
  }
}
