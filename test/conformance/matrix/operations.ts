/** How a driver connects: the same settings for every client, which each driver translates. */
export interface Connection {
  readonly bootstrap: string;
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  readonly mechanism?: Mechanism;
  readonly username?: string;
  readonly password?: string;
  /** Compact JWT for OAUTHBEARER, and the time of its end, in ms since 1970. */
  readonly token?: string;
  readonly tokenEndsMs?: number;
  /** PEM files: whom to trust, and for mTLS who the client is. */
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
}

export type Mechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';
export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** What is written: absent parts are left to the client. */
export interface Outgoing {
  readonly key?: string | null;
  readonly value: string | null;
  readonly headers?: readonly (readonly [string, string])[];
  readonly timestamp?: number;
  readonly partition?: number;
}

export interface Incoming {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string])[];
  readonly timestamp: number;
}

export interface Acl {
  readonly principal: string;
  readonly resource: 'topic' | 'group';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operation: 'read' | 'write' | 'describe';
  readonly permission: 'allow' | 'deny';
}

interface Operation<Ask, Answer> {
  readonly ask: Ask;
  readonly answer: Answer;
}
interface OfTopic {
  readonly topic: string;
}
interface OfGroup {
  readonly group: string;
}
interface OfMember {
  readonly member: string;
}
interface OfProducer {
  readonly producer: string;
}
type Offsets = Readonly<Record<string, number>>;
type Nothing = Readonly<Record<string, never>>;

export interface GroupStart extends OfMember, OfGroup {
  readonly topics: readonly string[];
  readonly protocol: 'classic' | 'consumer';
  readonly assignor?: 'range' | 'cooperative-sticky';
  readonly instanceId?: string;
  readonly sessionTimeoutMs: number;
}

/** What a member has seen since it was started. */
export interface MemberState {
  /** `topic-partition` of what it holds now, sorted. */
  readonly assigned: readonly string[];
  /** Values it read. */
  readonly values: readonly string[];
  /** `topic-partition` of everything that was ever taken from it. */
  readonly revoked: readonly string[];
  /** What ended its loop. */
  readonly error?: string;
  /** The last warnings of its library, where the driver can hear them; of other members of the process too. */
  readonly log?: readonly string[];
}

/** All that a driver can be asked. Every driver understands a part of it; `clients.ts` says what is left out. */
export interface Operations {
  readonly 'create-topic': Operation<
    OfTopic & { readonly partitions: number; readonly configs?: Readonly<Record<string, string>> },
    Nothing
  >;
  readonly 'grow-topic': Operation<OfTopic & { readonly partitions: number }, Nothing>;
  readonly 'delete-topic': Operation<OfTopic, Nothing>;
  readonly 'describe-topic': Operation<OfTopic, { readonly partitions: number }>;
  readonly 'list-topics': Operation<Nothing, { readonly topics: readonly string[] }>;
  /** Sends in order with acks=all and waits for every acknowledgement. */
  readonly produce: Operation<
    OfTopic & {
      readonly records: readonly Outgoing[];
      readonly codec?: Codec;
      readonly idempotent?: boolean;
    },
    Nothing
  >;
  /**
   * Reads all partitions from the beginning, without a group: until `count` records were seen and 300 ms passed
   * without another, or 15 s in all.
   */
  readonly read: Operation<
    OfTopic & { readonly count: number; readonly committed?: boolean },
    { readonly records: readonly Incoming[] }
  >;
  /** Starts a group member that reads in the background and commits what it read. */
  readonly 'member-start': Operation<GroupStart, Nothing>;
  readonly 'member-state': Operation<OfMember, MemberState>;
  /** Commits and leaves (a static member just goes away). */
  readonly 'member-stop': Operation<OfMember, Nothing>;
  readonly commit: Operation<OfTopic & OfGroup & { readonly offsets: Offsets }, Nothing>;
  readonly committed: Operation<OfTopic & OfGroup, { readonly offsets: Offsets }>;
  readonly 'offsets-at': Operation<
    OfTopic & { readonly timestamp: number },
    { readonly offsets: Offsets }
  >;
  readonly 'txn-open': Operation<OfProducer & { readonly transactionalId: string }, Nothing>;
  readonly 'txn-begin': Operation<OfProducer, Nothing>;
  readonly 'txn-send': Operation<
    OfProducer & OfTopic & { readonly records: readonly Outgoing[] },
    Nothing
  >;
  readonly 'txn-offsets': Operation<
    OfProducer & OfTopic & OfGroup & { readonly offsets: Offsets },
    Nothing
  >;
  readonly 'txn-commit': Operation<OfProducer, Nothing>;
  readonly 'txn-abort': Operation<OfProducer, Nothing>;
  readonly 'txn-close': Operation<OfProducer, Nothing>;
  readonly cluster: Operation<
    Nothing,
    { readonly id: string; readonly brokers: readonly number[] }
  >;
  readonly 'topic-configs': Operation<
    OfTopic,
    { readonly configs: Readonly<Record<string, string>> }
  >;
  readonly 'set-topic-config': Operation<
    OfTopic & { readonly name: string; readonly value: string },
    Nothing
  >;
  readonly groups: Operation<Nothing, { readonly groups: readonly string[] }>;
  readonly 'describe-group': Operation<
    OfGroup,
    { readonly state: string; readonly members: number }
  >;
  readonly 'delete-group': Operation<OfGroup, Nothing>;
  readonly 'delete-records': Operation<
    OfTopic & { readonly partition: number; readonly before: number },
    Nothing
  >;
  readonly 'acl-create': Operation<Acl, Nothing>;
  /** ACLs of one resource name. */
  readonly acls: Operation<{ readonly name: string }, { readonly acls: readonly Acl[] }>;
  readonly 'acl-delete': Operation<Acl, Nothing>;
  readonly 'user-create': Operation<
    { readonly name: string; readonly password: string; readonly mechanism: Mechanism },
    Nothing
  >;
  readonly users: Operation<
    Nothing,
    { readonly users: Readonly<Record<string, readonly string[]>> }
  >;
  readonly 'quota-set': Operation<
    { readonly user: string; readonly key: string; readonly value: number },
    Nothing
  >;
  readonly quotas: Operation<
    { readonly user: string },
    { readonly quotas: Readonly<Record<string, number>> }
  >;
  /** Runs one of Kafka's command-line tools to its end. */
  readonly tool: Operation<
    { readonly class: string; readonly args: readonly string[]; readonly input?: string },
    { readonly code: number; readonly output: string }
  >;
  /** Starts the word count of Kafka Streams, which counts exactly once. */
  readonly 'word-count-start': Operation<
    {
      readonly application: string;
      readonly from: string;
      readonly to: string;
      readonly folder: string;
    },
    Nothing
  >;
  readonly 'word-count-state': Operation<Nothing, { readonly state: string }>;
  readonly 'word-count-stop': Operation<Nothing, Nothing>;
}

export type OperationName = keyof Operations;
