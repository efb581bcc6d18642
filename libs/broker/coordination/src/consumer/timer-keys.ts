/** What a member of a consumer group can run out of time for. */
export type Deadline = 'session' | 'revoke' | 'join' | 'sync';

const DEADLINES: readonly Deadline[] = ['session', 'revoke', 'join', 'sync'];

/** Key of a timer. The length keeps ids that contain ':' apart. */
export function timerKey(deadline: Deadline, groupId: string, memberId: string): string {
  return `consumer-${deadline}:${groupId.length}:${groupId}:${memberId}`;
}

/** Forgets every timer of a member that is gone. */
export function cancelTimers(
  timers: { readonly cancel: (key: string) => void },
  groupId: string,
  memberId: string,
): void {
  for (const deadline of DEADLINES) timers.cancel(timerKey(deadline, groupId, memberId));
}
