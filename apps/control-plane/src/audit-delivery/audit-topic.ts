import type { AuditEvent } from '../audit/audit-events.repository.ts';
import type { KafkaAccess } from '../kafka-rest/kafka-access.repository.ts';

/** A cluster's topic of audit events, as this process writes to it. */
export interface AuditTopic {
  /**
   * Makes the topic unless it is there, and keeps everybody else from writing to it. Throws
   * `failed_precondition` when there is a topic of that name with records of somebody else.
   */
  ensure(options: { readonly isKnown: boolean }): Promise<'made' | 'found'>;
  /** Shuts out every other writer; what they left is settled when it resolves. */
  begin(): Promise<void>;
  /** Ids of the events from an offset on, as many as come at once; fewer offsets than that = the end. */
  readIds(offset: number): Promise<{
    readonly eventIds: readonly string[];
    readonly nextOffset: number;
    readonly isEnd: boolean;
  }>;
  /**
   * Writes the first of these events, as many as one batch holds: all of them or none. After a failure
   * nobody knows which.
   */
  write(
    events: readonly AuditEvent[],
  ): Promise<{ readonly written: number; readonly endOffset: number }>;
  close(): void;
}

/** Opens the topic of a cluster. */
export type OpenAuditTopic = (access: KafkaAccess) => AuditTopic;
