import type { Operation } from '../operation.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { restartSession, watchRevocation } from './timers.ts';

/** After loading: every member gets a full session, and full time to give up what it has to. */
export function resumeConsumerGroup(operation: Operation, group: ConsumerGroup): void {
  for (const member of group.members()) {
    restartSession(operation, group.groupId, member);
    watchRevocation(operation, group.groupId, member);
  }
}
