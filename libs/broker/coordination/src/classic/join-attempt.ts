import { KafkaError } from '@weirhouse/kafka-protocol';

import type { JoinGroupAnswer, JoinGroupInput, RequestContext, Respond } from '../messages.ts';
import type { Operation } from '../operation.ts';
import { joinError } from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import { ClassicMember, type MemberProtocol } from './classic-member.ts';

/** A join on its way through the rules. */
export interface JoinAttempt {
  readonly operation: Operation;
  readonly group: ClassicGroup;
  readonly request: JoinGroupInput;
  readonly context: RequestContext;
  readonly respond: Respond<JoinGroupAnswer>;
}

/** Parks the join until the phase ends. An older one of the same member is sent away first. */
export function parkJoin(attempt: JoinAttempt, member: ClassicMember): void {
  const { group, respond, context } = attempt;
  group.answerJoin(member, (apiVersion) =>
    joinError(KafkaError.REBALANCE_IN_PROGRESS, member.memberId, apiVersion),
  );
  group.parkJoin(member, { respond, apiVersion: context.apiVersion });
}

/** Refuses the join; the client keeps the id that it sent. */
export function refuseJoin(attempt: JoinAttempt, errorCode: number): void {
  const { request, context, respond } = attempt;
  respond(joinError(errorCode, request.memberId, context.apiVersion));
}

/** The member that this join describes, under that id. */
export function newMember(attempt: JoinAttempt, memberId: string): ClassicMember {
  const { request, context } = attempt;
  return new ClassicMember({
    memberId,
    instanceId: request.groupInstanceId,
    clientId: context.clientId ?? '',
    clientHost: context.clientHost,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: rebalanceTimeoutOf(request),
    protocols: ownedProtocols(request),
  });
}

/** Version 0 lacks the field: its session timeout serves. */
export function rebalanceTimeoutOf(request: JoinGroupInput): number {
  return request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs;
}

/** Copies: the request's buffers are borrowed from the connection. */
export function ownedProtocols(request: JoinGroupInput): readonly MemberProtocol[] {
  return request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }));
}
