import { KafkaError } from '@weirhouse/kafka-protocol';
import { assert } from '@weirhouse/shared-kernel';

import type { JoinGroupAnswer, SyncGroupAnswer } from '../messages.ts';
import type { ShardWorld } from './shard-world.ts';
import { commitError, type Reply, TestClient } from './test-client.ts';

/** Who a member was when it sent its sync. */
type MemberView = Pick<TestClient, 'groupId' | 'generation' | 'memberId' | 'instanceId'>;

/** What all clients of a simulation have seen, and the rules it must obey. */
export class Witness {
  readonly #replies: { readonly isAnswered: boolean }[] = [];
  readonly #assigners = new Map<string, string>();
  readonly #newest = new Map<string, number>();
  readonly #acknowledged = new Map<string, number>();
  readonly #sent = new Map<string, number>();
  #serial = 0;

  /** Requests that wait for their answer. */
  get unanswered(): number {
    return this.#replies.filter((reply) => !reply.isAnswered).length;
  }

  nextSerial(): number {
    this.#serial += 1;
    return this.#serial;
  }

  watch<Answer>(reply: Reply<Answer>): Reply<Answer> {
    this.#replies.push(reply);
    return reply;
  }

  /** All that sync in one generation were assigned by the same sync of its leader. */
  onAssigned(member: MemberView, assignment: string): void {
    const [assigner = '', identity = ''] = assignment.split('>');
    const { groupId, generation } = member;
    const place = `${groupId}#${generation}`;
    const known = this.#assigners.get(place) ?? assigner;
    assert(known === assigner, `two leaders assigned in ${place}: ${known} and ${assigner}`);
    this.#assigners.set(place, assigner);
    const mine = member.instanceId ?? member.memberId;
    assert(identity === mine, `${mine} was given what was assigned to ${identity}`);
    const newest = this.#newest.get(groupId) ?? 0;
    assert(generation >= newest, `generation ${generation} came after ${newest}`);
    this.#newest.set(groupId, generation);
  }

  onCommitSent(client: TestClient, offset: number): void {
    this.#sent.set(client.groupId, offset);
  }

  onCommitAcknowledged(client: TestClient, offset: number): void {
    const before = this.#acknowledged.get(client.groupId) ?? -1;
    this.#acknowledged.set(client.groupId, Math.max(before, offset));
  }

  /** An acknowledged offset is there, or a later one that was sent. */
  checkOffsets(client: TestClient): void {
    const found = client.fetch();
    const least = this.#acknowledged.get(client.groupId) ?? -1;
    const most = this.#sent.get(client.groupId) ?? -1;
    assert(found >= least && found <= most, `offset ${found} is not in ${least}..${most}`);
  }

  /** A group that is gone may count from 0 again. */
  forgetGenerations(groupId: string): void {
    this.#newest.delete(groupId);
    for (const place of this.#assigners.keys()) {
      if (place.startsWith(`${groupId}#`)) this.#assigners.delete(place);
    }
  }
}

/** A client that follows the protocol by itself, one request a step. */
export class SimClient extends TestClient {
  phase: 'outside' | 'joined' | 'member' = 'outside';
  readonly #witness: Witness;
  #join: Reply<JoinGroupAnswer> | undefined;
  #sync: Reply<SyncGroupAnswer> | undefined;
  #led: JoinGroupAnswer | undefined;

  constructor(
    world: ShardWorld,
    witness: Witness,
    names: { readonly clientId: string; readonly groupId: string; readonly instanceId?: string },
  ) {
    super(world, names.clientId, names.groupId);
    this.#witness = witness;
    this.instanceId = names.instanceId ?? null;
  }

  /** Takes in answers that have come, then sends what follows from them. */
  step(apiVersion: number): void {
    this.#takeAnswers();
    if (this.#join !== undefined || this.#sync !== undefined) return;
    if (this.phase === 'outside') this.sendJoin(apiVersion);
    else if (this.phase === 'joined') this.sendSync();
    else this.#sendBeat();
  }

  sendJoin(apiVersion: number): void {
    this.#join = this.#witness.watch(
      this.join({ groupInstanceId: this.instanceId, rebalanceTimeoutMs: 15_000 }, apiVersion),
    );
    this.phase = 'outside';
    this.#takeAnswers();
  }

  sendSync(): void {
    const serial = this.#witness.nextSerial();
    const assignments = (this.#led?.members ?? []).map((member) => [
      member.memberId,
      `${serial}>${member.groupInstanceId ?? member.memberId}`,
    ]);
    const view = {
      groupId: this.groupId,
      generation: this.generation,
      memberId: this.memberId,
      instanceId: this.instanceId,
    };
    this.#sync = this.#witness.watch(this.sync(Object.fromEntries(assignments)));
    this.#sync.whenAnswered(({ errorCode, assignment }) => {
      if (errorCode === KafkaError.NONE) this.#witness.onAssigned(view, assignment.toString());
    });
    this.#takeAnswers();
  }

  sendCommit(): void {
    const offset = this.#witness.nextSerial();
    this.#witness.onCommitSent(this, offset);
    this.#witness.watch(this.commit(offset)).whenAnswered((answer) => {
      if (commitError({ answer }) === KafkaError.NONE)
        this.#witness.onCommitAcknowledged(this, offset);
    });
  }

  sendLeave(): void {
    this.#witness.watch(this.leave());
    this.die();
  }

  /** The process is gone; a new one with the same name knows nothing. */
  die(): void {
    this.#join = this.#sync = this.#led = undefined;
    this.phase = 'outside';
    this.memberId = '';
    this.generation = -1;
  }

  #sendBeat(): void {
    this.#follow(this.beat(), 'member');
  }

  #takeAnswers(): void {
    const join = this.#join;
    if (join?.isAnswered === true) {
      this.#join = undefined;
      this.#onJoined(join.answer);
    }
    const sync = this.#sync;
    if (sync?.isAnswered === true) {
      this.#sync = undefined;
      this.#follow(sync.answer.errorCode, 'member');
    }
  }

  #onJoined(answer: JoinGroupAnswer): void {
    const { errorCode, memberId } = answer;
    if (errorCode === KafkaError.MEMBER_ID_REQUIRED) this.memberId = memberId;
    if (errorCode === KafkaError.NONE) {
      this.memberId = memberId;
      this.generation = answer.generationId;
      const leads = answer.leader === memberId && !answer.skipAssignment;
      this.#led = leads ? answer : undefined;
    }
    this.#follow(errorCode, 'joined');
  }

  /** Where an answer leads: ahead, or back outside, with or without the member id. */
  #follow(errorCode: number, ahead: 'joined' | 'member'): void {
    this.phase = errorCode === KafkaError.NONE ? ahead : 'outside';
    const isForgotten =
      errorCode === KafkaError.UNKNOWN_MEMBER_ID || errorCode === KafkaError.FENCED_INSTANCE_ID;
    if (isForgotten) this.memberId = '';
  }
}
