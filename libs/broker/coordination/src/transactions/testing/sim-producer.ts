import { KafkaError } from '@weirhouse/kafka-protocol';
import { assert } from '@weirhouse/shared-kernel';

import type { ProducerIdAnswer } from '../transaction-messages.ts';
import type { ProducerIdentity } from '../transaction-values.ts';
import type { SimPartitions } from './sim-partitions.ts';
import type { SimWitness } from './sim-witness.ts';
import type { TransactionWorld } from './transaction-world.ts';

/** What all producers of a simulation share. */
export interface SimScene {
  readonly world: TransactionWorld;
  readonly witness: SimWitness;
  readonly partitions: SimPartitions;
}

/** An EndTxn as it went out, so that the network can bring it again and late. */
export interface SentEnd extends ProducerIdentity {
  readonly committed: boolean;
  readonly owner: number;
}

const NOBODY: ProducerIdentity = { producerId: -1, producerEpoch: -1 };

/** Partitions of a simulation; the last one stands for a group's offsets. */
const PLACES = [
  { name: 'orders', partition: 0 },
  { name: 'orders', partition: 1 },
  { name: 'views', partition: 0 },
] as const;

/** Errors after which the same request goes out again. */
const PASSING: ReadonlySet<number> = new Set([
  KafkaError.CONCURRENT_TRANSACTIONS,
  KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
  KafkaError.COORDINATOR_NOT_AVAILABLE,
  KafkaError.NOT_COORDINATOR,
]);

/** A producer that follows the protocol by itself, one request a step. */
export class SimProducer {
  readonly transactionalId: string;
  readonly isBumping: boolean;
  phase: 'outside' | 'ready' | 'open' | 'ending' = 'outside';
  readonly sentEnds: SentEnd[] = [];
  readonly #scene: SimScene;
  #held = NOBODY;
  #owner = 0;
  /** The last InitProducerId that was granted to this process, whether it heard of it or not. */
  #granted = 0;
  #life = 0;
  #isCommitting = true;
  /** The transactions that the data of this one went to, by their number in the log. */
  readonly #written = new Set<number>();
  /** Counts requests: an answer to another one than the last is not heard. */
  #turn = 0;
  #isWaiting = false;

  constructor(scene: SimScene, names: { transactionalId: string; isBumping: boolean }) {
    this.#scene = scene;
    this.transactionalId = names.transactionalId;
    this.isBumping = names.isBumping;
  }

  /** Sends what comes next, unless an answer is outstanding. */
  act(choice: number): void {
    if (this.#isWaiting) return;
    if (this.phase === 'outside') this.#init();
    else if (this.phase === 'ready') this.#begin(choice);
    else if (this.phase === 'open') this.#goOn(choice);
    else this.#end();
  }

  /** The answer got lost; the request goes out again with the next step. */
  forget(): void {
    this.#isWaiting = false;
    this.#turn += 1;
  }

  /** The process is gone; the next one of this name knows nothing. */
  die(): void {
    this.forget();
    this.#life += 1;
    this.#held = NOBODY;
    this.#written.clear();
    this.phase = 'outside';
  }

  /** The network brings an EndTxn of before once more. */
  sendAgain(end: SentEnd): void {
    const { witness } = this.#scene;
    const isStale = end.owner !== witness.ownerOf(this.transactionalId);
    this.#requestEnd(end, ({ errorCode }) => {
      const isGranted = errorCode === KafkaError.NONE;
      assert(!isGranted || !isStale, 'an EndTxn of before InitProducerId was granted');
    });
  }

  #init(): void {
    const { witness, world } = this.#scene;
    const isFirst = this.#held === NOBODY;
    const isStale = !isFirst && this.#granted !== witness.ownerOf(this.transactionalId);
    const life = this.#life;
    const reply = witness.watch<ProducerIdAnswer>();
    const heard = this.#wait();
    reply.whenAnswered((answer) => {
      const { errorCode } = answer;
      if (errorCode === KafkaError.NONE) {
        assert(!isStale, 'a producer that was fenced got the id back');
        const owner = witness.onInitialized(this.transactionalId);
        if (life === this.#life) this.#granted = owner;
        if (!heard()) return;
        this.#owner = owner;
        this.#take(answer, 'ready');
      } else if (heard()) this.#fail(errorCode);
    });
    const { transactionalId } = this;
    const request = { transactionalId, ...this.#held, transactionTimeoutMs: 20_000 };
    const context = { nowMs: world.nowMs, apiVersion: 5 };
    world.run(world.shard.initProducerId(request, context, reply.take));
  }

  #begin(choice: number): void {
    // Clients of KIP-890 may abort what they never began.
    if (this.isBumping && choice === 9) this.#decide(false);
    else this.#write(choice);
  }

  #goOn(choice: number): void {
    if (choice < 5) this.#write(choice);
    else this.#decide(choice < 8);
  }

  /** Adds a partition and, when that is granted, puts data there. */
  #write(choice: number): void {
    const { partitions, witness, world } = this.#scene;
    const { name, partition } = PLACES[choice % PLACES.length] ?? PLACES[0];
    const held = this.#held;
    const reply = witness.watch<{ readonly topicResults: readonly TopicResult[] }>();
    const heard = this.#wait();
    reply.whenAnswered((answer) => {
      const errorCode = firstError(answer);
      if (!heard()) return;
      if (errorCode !== KafkaError.NONE) return this.#fail(errorCode);
      const { committed, txn } = witness.transactionOf(this.transactionalId) ?? { txn: -1 };
      // A timeout may have overtaken the grant; then the partition or the marker sorts it out.
      assert(committed !== true, 'a partition was granted in a transaction that is committed');
      this.phase = 'open';
      if (partitions.append(`${name}-${partition}`, held, txn)) this.#written.add(txn);
    });
    const request = {
      transactionalId: this.transactionalId,
      ...held,
      verifyOnly: false,
      topics: [{ name, partitions: [partition] }],
    };
    const context = { nowMs: world.nowMs, apiVersion: this.isBumping ? 5 : 3 };
    world.run(world.shard.addPartitions(request, context, reply.take));
  }

  #decide(committed: boolean): void {
    this.#isCommitting = committed;
    this.phase = 'ending';
    this.#end();
  }

  #end(): void {
    const { witness } = this.#scene;
    const end = { ...this.#held, committed: this.#isCommitting, owner: this.#owner };
    this.sentEnds.push(end);
    const isStale = this.#owner !== witness.ownerOf(this.transactionalId);
    const heard = this.#wait();
    this.#requestEnd(end, (answer) => {
      const { errorCode } = answer;
      const isGranted = errorCode === KafkaError.NONE;
      assert(!isGranted || !isStale, 'an EndTxn was granted to a producer that was fenced');
      if (!heard()) return;
      if (!isGranted) return this.#fail(errorCode);
      if (this.isBumping) this.#checkWritten(end.committed);
      this.#take(this.isBumping ? answer : this.#held, 'ready');
    });
  }

  #requestEnd(end: SentEnd, onAnswer: (answer: ProducerIdAnswer) => void): void {
    const { witness, world } = this.#scene;
    const { committed, producerEpoch, producerId } = end;
    const { transactionalId } = this;
    const reply = witness.watch<ProducerIdAnswer>();
    reply.whenAnswered((answer) => {
      if (answer.errorCode === KafkaError.NONE) witness.checkEnded(transactionalId, committed);
      onAnswer(answer);
    });
    const request = { transactionalId, producerId, producerEpoch, committed };
    const context = { nowMs: world.nowMs, apiVersion: this.isBumping ? 5 : 3 };
    world.run(world.shard.endTxn(request, context, reply.take));
  }

  /** What the producer was told of its transaction is what became of all its data. */
  #checkWritten(committed: boolean): void {
    const all = this.#scene.witness.transactionsOf(this.transactionalId);
    for (const txn of this.#written) {
      const logged = all.find((each) => each.txn === txn);
      assert(logged?.committed === committed, `transaction ${txn} did not end as answered`);
    }
  }

  #take({ producerEpoch, producerId }: ProducerIdentity, phase: 'ready'): void {
    this.#held = { producerId, producerEpoch };
    this.#written.clear();
    this.phase = phase;
  }

  #fail(errorCode: number): void {
    if (PASSING.has(errorCode)) return;
    const mayAbort = this.isBumping && this.phase === 'open';
    // A client of KIP-890 asks for an abort; what that answers decides.
    if (mayAbort) {
      this.#isCommitting = false;
      this.phase = 'ending';
    } else if (errorCode === KafkaError.INVALID_TXN_STATE) {
      this.#written.clear();
      this.phase = 'outside';
    } else this.die();
  }

  /** Marks a request as outstanding; the function tells whether its answer is still wanted. */
  #wait(): () => boolean {
    this.#turn += 1;
    this.#isWaiting = true;
    const turn = this.#turn;
    return () => {
      if (turn !== this.#turn) return false;
      this.#isWaiting = false;
      return true;
    };
  }
}

interface TopicResult {
  readonly resultsByPartition: readonly { readonly partitionErrorCode: number }[];
}

function firstError({ topicResults }: { readonly topicResults: readonly TopicResult[] }): number {
  return topicResults[0]?.resultsByPartition[0]?.partitionErrorCode ?? KafkaError.NONE;
}
