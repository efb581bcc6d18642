import type { Uuid } from '@weirhouse/shared-kernel';

/**
 * What the shard needs of requests and what it answers. The generated messages of
 * `@weirhouse/kafka-protocol` fit the request shapes as they are; an answer is spread over the
 * response's defaults. Buffers in requests are borrowed for the call: the shard copies what it
 * keeps. Buffers in answers belong to the shard and are never changed.
 */
export interface RequestContext {
  /** Wall clock, milliseconds since the Unix epoch. */
  readonly nowMs: number;
  readonly apiVersion: number;
  /** The request header's client id; null becomes the empty string. */
  readonly clientId: string | null;
  /** The peer's address as Kafka prints it, such as `/10.0.0.7`. */
  readonly clientHost: string;
}

/** Takes the one answer to a request; the shard calls it exactly once. */
export type Respond<Answer> = (answer: Answer) => void;

export interface JoinGroupInput {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  /** Below 0 (version 0 lacks the field): the session timeout is taken. */
  readonly rebalanceTimeoutMs: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly protocolType: string;
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[];
}

export interface JoinGroupAnswer {
  readonly errorCode: number;
  readonly generationId: number;
  readonly protocolType: string | null;
  /** Null only from version 7 on, as the wire allows. */
  readonly protocolName: string | null;
  readonly leader: string;
  readonly skipAssignment: boolean;
  readonly memberId: string;
  readonly members: readonly JoinedMember[];
}

export interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly metadata: Buffer;
}

export interface SyncGroupInput {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[];
}

export interface SyncGroupAnswer {
  readonly errorCode: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Buffer;
}

export interface HeartbeatInput {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

export interface HeartbeatAnswer {
  readonly errorCode: number;
}

export interface LeaveGroupInput {
  readonly groupId: string;
  /** Versions 0-2. */
  readonly memberId: string;
  /** Versions 3 and later. */
  readonly members: readonly LeavingMember[];
}

export interface LeavingMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

export interface LeaveGroupAnswer {
  readonly errorCode: number;
  readonly members: readonly (LeavingMember & { readonly errorCode: number })[];
}

export interface OffsetCommitInput {
  readonly groupId: string;
  readonly generationIdOrMemberEpoch: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** Versions 2-4; -1 means the broker's retention. */
  readonly retentionTimeMs: number;
  readonly topics: readonly {
    readonly name: string;
    /** ZERO_UUID when the caller does not know it. */
    readonly topicId: string;
    readonly partitions: readonly {
      readonly partitionIndex: number;
      readonly committedOffset: number;
      readonly committedLeaderEpoch: number;
      readonly committedMetadata: string | null;
    }[];
  }[];
}

/** A partition's offset as a request commits it. */
export type OffsetPartitionInput = OffsetCommitInput['topics'][number]['partitions'][number];

export interface TxnOffsetCommitInput {
  readonly groupId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** From version 3 on (KIP-447); -1, '' and null when the request names no member. */
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly {
    readonly name: string;
    /** Known to the caller, not in the request. */
    readonly topicId: string;
    readonly partitions: readonly OffsetPartitionInput[];
  }[];
}

export interface TxnOffsetCommitAnswer {
  readonly topics: readonly Omit<PartitionErrors, 'topicId'>[];
}

export interface PartitionErrors {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly errorCode: number;
  }[];
}

export interface OffsetCommitAnswer {
  readonly topics: readonly PartitionErrors[];
}

export interface OffsetFetchInput {
  readonly groupId: string;
  /** From version 9 on: checked in consumer groups; null or left out by tools. */
  readonly memberId?: string | null | undefined;
  readonly memberEpoch?: number | undefined;
  /** Version 7 and later: offsets that an open transaction may change are not told. */
  readonly requireStable?: boolean;
  /** Null: every partition that has an offset. */
  readonly topics:
    | readonly {
        readonly name: string;
        /** ZERO_UUID when the caller does not know it. */
        readonly topicId: string;
        readonly partitionIndexes: readonly number[];
      }[]
    | null;
}

export interface OffsetFetchAnswer {
  readonly groupId: string;
  readonly errorCode: number;
  readonly topics: readonly {
    readonly name: string;
    readonly topicId: string;
    readonly partitions: readonly FetchedOffset[];
  }[];
}

export interface FetchedOffset {
  readonly partitionIndex: number;
  /** -1 when nothing is committed. */
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly metadata: string;
  readonly errorCode: number;
}

export interface OffsetDeleteInput {
  readonly groupId: string;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly { readonly partitionIndex: number }[];
  }[];
}

export interface OffsetDeleteAnswer {
  readonly errorCode: number;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly {
      readonly partitionIndex: number;
      readonly errorCode: number;
    }[];
  }[];
}

export interface DescribedGroupAnswer {
  readonly errorCode: number;
  /** Set from version 6 on when the group is unknown. */
  readonly errorMessage: string | null;
  readonly groupId: string;
  readonly groupState: string;
  readonly protocolType: string;
  readonly protocolData: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly clientId: string;
    readonly clientHost: string;
    readonly memberMetadata: Buffer;
    readonly memberAssignment: Buffer;
  }[];
}

export interface ListGroupsInput {
  /** Empty: every state. Compared without case. */
  readonly statesFilter: readonly string[];
  /** Empty: every type. Compared without case. */
  readonly typesFilter: readonly string[];
}

export interface ListedGroupAnswer {
  readonly groupId: string;
  readonly protocolType: string;
  readonly groupState: string;
  readonly groupType: string;
}

export interface ConsumerHeartbeatInput {
  readonly groupId: string;
  readonly memberId: string;
  /** 0 joins, -1 leaves, -2 leaves for a while (static members), else the member's epoch. */
  readonly memberEpoch: number;
  readonly instanceId: string | null;
  /** Null fields, and -1 below, mean "as before". */
  readonly rackId: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly subscribedTopicNames: readonly string[] | null;
  readonly subscribedTopicRegex: string | null;
  readonly serverAssignor: string | null;
  readonly topicPartitions:
    | readonly { readonly topicId: Uuid; readonly partitions: readonly number[] }[]
    | null;
}

/** What a heartbeat needs to know of who sent it. */
export interface ConsumerHeartbeatContext extends RequestContext {
  /** True when the caller may DESCRIBE the topic: only such topics can match its pattern. */
  readonly isTopicVisible: (name: string) => boolean;
}

export interface ConsumerHeartbeatAnswer {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly memberId: string | null;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  /** Null: as before. */
  readonly assignment: {
    readonly topicPartitions: readonly {
      readonly topicId: Uuid;
      readonly partitions: readonly number[];
    }[];
  } | null;
}

/** Partitions as ConsumerGroupDescribe lists them. */
export interface DescribedAssignment {
  readonly topicPartitions: readonly {
    readonly topicId: Uuid;
    readonly topicName: string;
    readonly partitions: readonly number[];
  }[];
}

export interface DescribedConsumerGroup {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly groupId: string;
  readonly groupState: string;
  readonly groupEpoch: number;
  readonly assignmentEpoch: number;
  readonly assignorName: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly rackId: string | null;
    readonly memberEpoch: number;
    readonly clientId: string;
    readonly clientHost: string;
    readonly subscribedTopicNames: readonly string[];
    readonly subscribedTopicRegex: string | null;
    readonly assignment: DescribedAssignment;
    readonly targetAssignment: DescribedAssignment;
    /** 0 speaks the classic protocol, 1 the consumer protocol. */
    readonly memberType: number;
  }[];
}
