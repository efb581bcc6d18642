/** Keys of the timers of classic groups. The length keeps ids that contain ':' apart. */
export function sessionKey(groupId: string, memberId: string): string {
  return `session:${groupId.length}:${groupId}:${memberId}`;
}

/** The end of the join phase. */
export function joinPhaseKey(groupId: string): string {
  return `join-phase:${groupId}`;
}

/** The end of the sync phase. */
export function syncPhaseKey(groupId: string): string {
  return `sync-phase:${groupId}`;
}
