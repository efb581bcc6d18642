import { KafkaError } from '@weirhouse/kafka-protocol';

import type { JoinedMember, JoinGroupAnswer, SyncGroupAnswer } from '../messages.ts';
import type { ClassicGroup } from './classic-group.ts';

const NO_GENERATION = -1;
const NO_BYTES = Buffer.alloc(0);

/** First version of JoinGroup whose protocol name may be null. */
const NULL_PROTOCOL_NAME_FROM = 7;

/** A refused join. */
export function joinError(
  errorCode: number,
  memberId: string,
  apiVersion: number,
): JoinGroupAnswer {
  return {
    errorCode,
    generationId: NO_GENERATION,
    protocolType: null,
    protocolName: apiVersion >= NULL_PROTOCOL_NAME_FROM ? null : '',
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

export interface JoinAnswerDetails {
  readonly memberId: string;
  readonly leader: string;
  readonly members: readonly JoinedMember[];
  readonly skipAssignment: boolean;
}

/** A join that is part of the group's current generation. */
export function joinAnswer(group: ClassicGroup, details: JoinAnswerDetails): JoinGroupAnswer {
  return {
    errorCode: KafkaError.NONE,
    generationId: group.generation,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName,
    leader: details.leader,
    skipAssignment: details.skipAssignment,
    memberId: details.memberId,
    members: details.members,
  };
}

/** The answer of the current generation: the leader gets everybody, the others nobody. */
export function generationAnswer(group: ClassicGroup, memberId: string): JoinGroupAnswer {
  const leader = group.leaderId ?? '';
  const members = leader === memberId ? joinedMembers(group) : [];
  return joinAnswer(group, { memberId, leader, members, skipAssignment: false });
}

/** All members with their metadata for the chosen protocol. */
export function joinedMembers(group: ClassicGroup): readonly JoinedMember[] {
  return [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    metadata: member.findMetadata(group.protocolName) ?? NO_BYTES,
  }));
}

/** A refused sync. */
export function syncError(errorCode: number): SyncGroupAnswer {
  return { errorCode, protocolType: null, protocolName: null, assignment: NO_BYTES };
}

/** The assignment of this member in the group's current generation. */
export function syncAnswer(group: ClassicGroup, memberId: string): SyncGroupAnswer {
  return {
    errorCode: KafkaError.NONE,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName,
    assignment: group.assignmentOf(memberId),
  };
}
