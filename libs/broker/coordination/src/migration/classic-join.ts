import { KafkaError } from '@weirhouse/kafka-protocol';
import type { ConsumerProtocolSubscription } from '@weirhouse/kafka-protocol/messages/consumer-protocol-subscription';

import { assignmentOf } from '../assignors/assignment.ts';
import { joinError } from '../classic/answers.ts';
import { CONSUMER_PROTOCOL_TYPE } from '../classic/classic-group.ts';
import { newMemberId } from '../classic/member-id.ts';
import { readSubscription } from '../classic/subscription.ts';
import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import type { ConsumerMember, ConsumerProfile } from '../consumer/consumer-member.ts';
import type { OwnedPartitions } from '../consumer/held-partitions.ts';
import { findMember, joiningMember } from '../consumer/membership.ts';
import { moveOn } from '../consumer/move-on.ts';
import { isTooLarge, sortedNames } from '../consumer/profile.ts';
import { isRefusal } from '../consumer/refusal.ts';
import { cancelClassicStep, expectClassicStep, restartSession } from '../consumer/timers.ts';
import { ConsumerTurn } from '../consumer/turn.ts';
import { coordinatorErrorOf } from '../errors.ts';
import type { JoinGroupAnswer, JoinGroupInput, RequestContext, Respond } from '../messages.ts';
import type { Operation } from '../operation.ts';
import { speaksClassic } from './classic-member.ts';
import { idsOf } from './consumer-assignment.ts';
import { downgradeAtRest } from './downgrade.ts';

/** First version whose dynamic members must come back with the id they were given (KIP-394). */
const MEMBER_ID_REQUIRED_FROM = 4;

/** A JoinGroup request that a consumer group may take. */
interface ClassicJoin {
  readonly turn: ConsumerTurn;
  readonly request: JoinGroupInput;
  readonly context: RequestContext;
  readonly subscription: ConsumerProtocolSubscription;
  readonly memberId: string;
}

/**
 * JoinGroup of a member of a consumer group (KIP-848, online migration). Nobody waits for others: the
 * member is told its epoch as the generation and learns its partitions by SyncGroup.
 */
export function joinConsumerGroup(
  operation: Operation,
  request: JoinGroupInput,
  to: {
    readonly group: ConsumerGroup;
    readonly context: RequestContext;
    readonly respond: Respond<JoinGroupAnswer>;
  },
): void {
  const { context, group, respond } = to;
  const turn = new ConsumerTurn(operation, group);
  const answer = answerOf(turn, request, context);
  operation.whenCommitted(() => respond(answer));
  operation.whenFailed((errorCode) =>
    respond(joinError(coordinatorErrorOf(errorCode), request.memberId, context.apiVersion)),
  );
}

function answerOf(
  turn: ConsumerTurn,
  request: JoinGroupInput,
  context: RequestContext,
): JoinGroupAnswer {
  const { options, ports } = turn.operation.shard;
  const { groupInstanceId, protocols, sessionTimeoutMs } = request;
  const refuse = (errorCode: number, memberId = request.memberId): JoinGroupAnswer =>
    joinError(errorCode, memberId, context.apiVersion);
  const { sessionTimeoutMaxMs, sessionTimeoutMinMs } = options;
  if (sessionTimeoutMs < sessionTimeoutMinMs || sessionTimeoutMs > sessionTimeoutMaxMs)
    return refuse(KafkaError.INVALID_SESSION_TIMEOUT);
  const [first] = protocols;
  const subscription = first === undefined ? undefined : readSubscription(first.metadata);
  const isForbidden = options.migrationPolicy === 'disabled';
  if (isForbidden || subscription === undefined || !sharesProtocol(turn.group, request))
    return refuse(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
  const isUnnamed = request.memberId === '';
  if (isUnnamed && groupInstanceId === null && context.apiVersion >= MEMBER_ID_REQUIRED_FROM)
    return refuse(KafkaError.MEMBER_ID_REQUIRED, newMemberId(ports.random, context.clientId ?? ''));
  const memberId = isUnnamed
    ? newMemberId(ports.random, groupInstanceId ?? context.clientId ?? '')
    : request.memberId;
  return join({ turn, request, context, subscription, memberId }, refuse);
}

function join(
  attempt: ClassicJoin,
  refuse: (errorCode: number) => JoinGroupAnswer,
): JoinGroupAnswer {
  const { memberId, request, turn } = attempt;
  const profile = profileOf(attempt);
  if (isTooLarge(profile, turn.operation.shard.options.batchBytesMax))
    return refuse(KafkaError.INVALID_REQUEST);
  const claim = { memberId, instanceId: request.groupInstanceId };
  const replaced =
    request.groupInstanceId === null ? undefined : turn.group.findInstance(request.groupInstanceId);
  const isKnownStatic = request.groupInstanceId !== null && request.memberId !== '';
  const before = isKnownStatic ? findMember(turn, claim) : joiningMember(turn, claim, true);
  if (isRefusal(before)) return refuse(before.errorCode);
  const owned = ownedBy(attempt, before);
  // The classic protocol has no patterns that the coordinator resolves.
  const after = moveOn(turn, { before, profile, owned, isTopicVisible: () => false });
  const { groupId, operation } = turn;
  turn.live.awaitedJoins.delete(memberId);
  cancelClassicStep(operation, 'join', { groupId, memberId });
  expectClassicStep(operation, 'sync', { groupId, member: after });
  restartSession(operation, groupId, after);
  // A static member that comes back by the classic protocol may have been the last of the other one.
  if (replaced !== undefined && !speaksClassic(replaced)) downgradeAtRest(turn);
  return {
    errorCode: KafkaError.NONE,
    generationId: after.current.epoch,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocolName: request.protocols[0]?.name ?? '',
    // Nobody leads: the coordinator assigns.
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

function profileOf({ context, request, subscription }: ClassicJoin): ConsumerProfile {
  const { rebalanceTimeoutMs, sessionTimeoutMs } = request;
  return {
    instanceId: request.groupInstanceId,
    rackId: subscription.rackId,
    clientId: context.clientId ?? '',
    clientHost: context.clientHost,
    topicNames: sortedNames(subscription.topics),
    topicPattern: '',
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: null,
    classic: {
      sessionTimeoutMs,
      protocols: request.protocols.map(({ metadata, name }) => ({
        name,
        metadata: Buffer.from(metadata),
      })),
    },
  };
}

/** What the member says it owns; what it owned in another generation it has lost. */
function ownedBy({ subscription, turn }: ClassicJoin, member: ConsumerMember): OwnedPartitions {
  const { generationId, ownedPartitions } = subscription;
  if (generationId >= 0 && generationId !== member.current.epoch) return [];
  const { topics } = turn.operation.shard.ports;
  return Array.from(assignmentOf(idsOf(topics, ownedPartitions)), ([topicId, partitions]) => ({
    topicId,
    partitions,
  }));
}

/** True when the classic members, this one included, have an assignor in common. */
function sharesProtocol(group: ConsumerGroup, request: JoinGroupInput): boolean {
  if (request.protocolType !== CONSUMER_PROTOCOL_TYPE) return false;
  const common = new Set(request.protocols.map(({ name }) => name));
  for (const member of group.members()) {
    if (!speaksClassic(member) || member.memberId === request.memberId) continue;
    const names = new Set(member.profile.classic.protocols.map(({ name }) => name));
    for (const name of common) if (!names.has(name)) common.delete(name);
  }
  return common.size > 0;
}
