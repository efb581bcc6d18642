import { seededRandom } from '@weirhouse/broker-log/testing';
import type { Random } from '@weirhouse/shared-kernel';
import { expect, test } from 'vitest';

import { apiCalls } from '../testing/api-calls.ts';
import { readCommitted } from '../testing/read-committed.ts';
import { TransactionalClient, type Speech } from '../testing/test-transactions.ts';
import { TestTube } from '../testing/test-tube.ts';

const SEEDS = 15;
const STEPS = 60;
const PRODUCERS = 3;
const TIMEOUT_MS = 60_000;
const SPEECHES: readonly Speech[] = ['plain', 'abortable', 'bumping'];

type Outcome = 'open' | 'committed' | 'aborted' | 'unknown';

/** One transaction as its producer knows it. */
interface Transaction {
  readonly number: number;
  readonly owner: number;
  /** Partitions that took its value. */
  readonly places: number[];
  hasOffset: boolean;
  outcome: Outcome;
}

interface Producer {
  client: TransactionalClient;
  current: Transaction | undefined;
}

/** Producers that do what they like on a broker that dies, and what they know of their transactions. */
class World {
  readonly tube: TestTube;
  readonly transactions: Transaction[] = [];
  readonly #random: Random;
  readonly #producers: Producer[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.tube = new TestTube({ seed });
    this.tube.createTopic('t', { partitions: PRODUCERS });
    this.tube.connect().call(apiCalls.findCoordinator, 1, { key: 'group' });
    for (let owner = 0; owner < PRODUCERS; owner++)
      this.#producers.push({ client: this.#connect(owner).init(TIMEOUT_MS), current: undefined });
  }

  step(): void {
    const owner = this.#random.below(PRODUCERS);
    const dice = this.#random.below(100);
    if (dice < 45) this.#send(owner);
    else if (dice < 55) this.#commitOffset(owner);
    else if (dice < 75) this.#end(owner, this.#random.below(3) > 0);
    else if (dice < 82) this.#endAndCrash(owner);
    else if (dice < 88) this.#replace(owner);
    else if (dice < 92) this.#letTimeOut();
    else this.#restart();
  }

  /** Ends what is open and lets everything come to rest. */
  finish(): void {
    for (let owner = 0; owner < PRODUCERS; owner++) this.#replace(owner);
    this.tube.advance(5_000);
  }

  #connect(owner: number): TransactionalClient {
    const speech = SPEECHES[owner % SPEECHES.length] ?? 'plain';
    return new TransactionalClient(this.tube, { transactionalId: `tx-${owner}`, speech });
  }

  #producer(owner: number): Producer {
    const producer = this.#producers[owner];
    if (producer === undefined) throw new Error('the producer exists');
    return producer;
  }

  #begin(owner: number): Transaction {
    const producer = this.#producer(owner);
    if (producer.current !== undefined) return producer.current;
    const number = this.transactions.length;
    const begun: Transaction = { number, owner, places: [], hasOffset: false, outcome: 'open' };
    this.transactions.push(begun);
    producer.current = begun;
    return begun;
  }

  #send(owner: number): void {
    const transaction = this.#begin(owner);
    const place = this.#random.below(PRODUCERS);
    const errorCode = this.#producer(owner).client.send(`${transaction.number}`, 't', place);
    if (errorCode === 0) transaction.places.push(place);
    else this.#replace(owner);
  }

  #commitOffset(owner: number): void {
    const transaction = this.#begin(owner);
    const { client } = this.#producer(owner);
    const errorCode = client.commitOffset(transaction.number, { partitionIndex: owner });
    if (errorCode === 0) transaction.hasOffset = true;
    else this.#replace(owner);
  }

  #end(owner: number, isCommit: boolean): void {
    const producer = this.#producer(owner);
    const { current } = producer;
    if (current === undefined) return;
    const errorCode = producer.client.end(isCommit);
    if (errorCode !== 0) return this.#replace(owner);
    current.outcome = isCommit ? 'committed' : 'aborted';
    producer.current = undefined;
  }

  /** The producer dies with the broker while it commits: nobody knows what came of it. */
  #endAndCrash(owner: number): void {
    const { client, current } = this.#producer(owner);
    if (current === undefined) return;
    const end = client.sendEnd(true);
    for (let count = this.#random.below(8); count > 0; count--) {
      this.tube.endTurn();
      this.tube.disk.completeOne();
    }
    current.outcome = end.isAnswered ? 'committed' : 'unknown';
    this.#crash();
    this.#take(owner);
  }

  /** A new producer takes the id: what was open is aborted. */
  #replace(owner: number): void {
    const { current } = this.#producer(owner);
    if (current?.outcome === 'open') current.outcome = 'aborted';
    this.#take(owner);
  }

  #take(owner: number): void {
    const producer = this.#producer(owner);
    producer.client = this.#connect(owner).init(TIMEOUT_MS);
    producer.current = undefined;
  }

  #letTimeOut(): void {
    this.tube.advance(TIMEOUT_MS + 1_000);
    for (let owner = 0; owner < PRODUCERS; owner++) this.#replace(owner);
  }

  #restart(): void {
    if (this.#random.below(3) === 0) this.tube.restart();
    else this.#crash();
  }

  /** Producers outlive the broker: they go on with what they hold, on new connections. */
  #crash(): void {
    this.tube.crash(this.#random.below(2) === 0 ? 'kill' : 'power');
  }

  /** Connections ended with the broker. */
  reconnect(): void {
    for (const { client } of this.#producers) client.reconnect();
  }
}

function problemsOf(seed: number): string[] {
  const world = new World(seed);
  for (let step = 0; step < STEPS; step++) {
    world.step();
    world.reconnect();
  }
  world.finish();
  return [...recordProblems(world), ...offsetProblems(world)];
}

/** A transaction is seen whole or not at all, as its producer was told. */
function recordProblems({ transactions, tube }: World): string[] {
  const seen = Array.from({ length: PRODUCERS }, (_, index) => readCommitted(tube, 't', index));
  return transactions.flatMap(({ number, outcome, places }) => {
    const found = seen
      .flatMap((values, index) => values.map((value) => ({ value, index })))
      .filter(({ value }) => value === `${number}`)
      .map(({ index }) => index)
      .join();
    const written = places.toSorted((one, other) => one - other).join();
    const isWhole = found === written && outcome !== 'aborted';
    const isGone = found === '' && outcome !== 'committed';
    if (isWhole || isGone) return [];
    return [`${number} is ${outcome}, was written to ${written}, is seen in ${found}`];
  });
}

/** The offset of each producer's place is that of its last committed transaction that had one. */
function offsetProblems({ transactions, tube }: World): string[] {
  const { topics } = tube.connect().call(apiCalls.offsetFetch, 7, {
    groupId: 'group',
    topics: [
      { name: 't', partitionIndexes: Array.from({ length: PRODUCERS }, (_, index) => index) },
    ],
    requireStable: true,
  });
  return (topics[0]?.partitions ?? []).flatMap(({ committedOffset, errorCode, partitionIndex }) => {
    const own = transactions.filter(
      ({ hasOffset, owner }) => hasOffset && owner === partitionIndex,
    );
    const certain = own.findLast(({ outcome }) => outcome === 'committed')?.number ?? -1;
    const possible = own.filter(({ number, outcome }) => number > certain && outcome === 'unknown');
    const allowed = [certain, ...possible.map(({ number }) => number)];
    if (errorCode === 0 && allowed.includes(committedOffset)) return [];
    return [`offset ${partitionIndex} is ${committedOffset} (${errorCode}), not ${allowed.join()}`];
  });
}

test('whatever producers do and however the broker dies, transactions are whole, with their offsets', () => {
  for (let seed = 1; seed <= SEEDS; seed++) expect([seed, problemsOf(seed)]).toEqual([seed, []]);
}, 60_000);
