import type { ShardPorts } from '../ports.ts';
import { joinError, syncError } from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import { joinPhaseKey, sessionKey, syncPhaseKey } from './timer-keys.ts';

/**
 * Ends the living part of a group that leaves the shard: whoever waits in it is answered with that
 * code, and no timer may wake it. The caller takes it out of the shard.
 */
export function buryGroup(ports: ShardPorts, group: ClassicGroup, errorCode: number): void {
  const { timers } = ports;
  for (const member of group.members.values()) {
    group.answerJoin(member, (version) => joinError(errorCode, member.memberId, version));
    group.answerSync(member, syncError(errorCode));
    timers.cancel(sessionKey(group.groupId, member.memberId));
  }
  for (const memberId of group.pendingMembers) timers.cancel(sessionKey(group.groupId, memberId));
  timers.cancel(joinPhaseKey(group.groupId));
  timers.cancel(syncPhaseKey(group.groupId));
  group.become('Dead', group.stateTimestampMs);
}
