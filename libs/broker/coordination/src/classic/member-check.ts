import { KafkaError } from '@weirhouse/kafka-protocol';

import type { ClassicGroup } from './classic-group.ts';
import type { ClassicMember } from './classic-member.ts';

/**
 * The member that a request speaks for, or the error code: FENCED_INSTANCE_ID when its instance
 * id belongs to a newer member, UNKNOWN_MEMBER_ID when there is none such (KIP-345).
 */
export function checkMember(
  group: ClassicGroup,
  request: { readonly memberId: string; readonly groupInstanceId: string | null },
): ClassicMember | number {
  if (request.groupInstanceId !== null) {
    const current = group.findMemberIdOfInstance(request.groupInstanceId);
    if (current === undefined) return KafkaError.UNKNOWN_MEMBER_ID;
    if (current !== request.memberId) return KafkaError.FENCED_INSTANCE_ID;
  }
  return group.members.get(request.memberId) ?? KafkaError.UNKNOWN_MEMBER_ID;
}
