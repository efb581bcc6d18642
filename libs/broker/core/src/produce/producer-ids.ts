import { allocateProducerIds, type MetadataImage } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';

import type { MetadataWriter } from '../metadata-writer.ts';

interface Waiter {
  readonly done: (producerId: number) => void;
  readonly failed: (errorCode: number) => void;
}

/**
 * Hands out producer ids from the block this broker was given and asks the controller for the next one
 * when it is used up. An id is never given twice: what is left of a block is lost with a restart.
 */
export class ProducerIds {
  readonly #nodeId: number;
  readonly #image: MetadataImage;
  readonly #metadata: MetadataWriter;
  readonly #waiting: Waiter[] = [];
  #next = 0;
  #end = 0;
  #isAsking = false;

  constructor(options: { nodeId: number; image: MetadataImage; metadata: MetadataWriter }) {
    this.#nodeId = options.nodeId;
    this.#image = options.image;
    this.#metadata = options.metadata;
  }

  /** Gives a fresh id; exactly one of the two is called. */
  next(done: (producerId: number) => void, failed: (errorCode: number) => void): void {
    if (this.#next < this.#end) return done(this.#next++);
    this.#waiting.push({ done, failed });
    if (!this.#isAsking) this.#ask();
  }

  #ask(): void {
    this.#isAsking = true;
    const brokerId = this.#nodeId;
    const brokerEpoch = this.#image.brokers.find(brokerId)?.epoch ?? -1;
    this.#metadata.submit(
      (context) => allocateProducerIds(context, { brokerId, brokerEpoch }),
      ({ errorCode, producerIdLen, producerIdStart }) => {
        if (errorCode !== 0) return this.#fail();
        this.#next = producerIdStart;
        this.#end = producerIdStart + producerIdLen;
        this.#serve();
      },
      () => this.#fail(),
    );
  }

  #serve(): void {
    this.#isAsking = false;
    while (this.#next < this.#end) {
      const waiter = this.#waiting.shift();
      if (waiter === undefined) return;
      waiter.done(this.#next++);
    }
    if (this.#waiting.length > 0) this.#ask();
  }

  /** Clients know to try again after 14; the controller's own codes mean nothing to them. */
  #fail(): void {
    this.#isAsking = false;
    const errorCode = KafkaError.COORDINATOR_LOAD_IN_PROGRESS;
    for (const waiter of this.#waiting.splice(0)) waiter.failed(errorCode);
  }
}
