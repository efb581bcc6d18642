/** What clients are asked to do. One row of docs/clients.md each; the scenarios are in `scenarios/`. */
export const FEATURES = {
  'topic-create': 'creates a topic with partitions and a setting, and sees it',
  'topic-grow': 'adds partitions to a topic',
  'topic-delete': 'deletes a topic',
  'records-written': 'writes keys, headers, timestamps and null values that another client reads',
  'records-read': 'reads keys, headers, timestamps and null values that another client wrote',
  'codec-gzip': 'writes and reads records compressed with gzip',
  'codec-snappy': 'writes and reads records compressed with snappy',
  'codec-lz4': 'writes and reads records compressed with lz4',
  'codec-zstd': 'writes and reads records compressed with zstd',
  'large-message': 'writes and reads a message of 900 KiB',
  'too-large': 'is told that a message of 2 MiB is too large',
  'producer-idempotent': 'writes 2,000 records with an idempotent producer, each once and in order',
  'txn-commit':
    'commits a transaction: readers of committed records see all of it, and none before',
  'txn-abort': 'aborts a transaction: readers of committed records never see it',
  'txn-offsets': 'commits a group’s offsets inside a transaction, and not those of an aborted one',
  'txn-fencing': 'is fenced when another producer takes its transactional id',
  'group-classic':
    'shares partitions in a classic group; one takes over from a member killed with -9',
  'group-cooperative': 'keeps what it holds when a second member joins a cooperative-sticky group',
  'group-static': 'comes back under its instance id and gets its partitions without a rebalance',
  'group-consumer':
    'shares partitions in a group of the KIP-848 protocol; one takes over from a killed member',
  'group-continues': 'goes on in a group where it stopped',
  'offsets-commit': 'commits offsets and fetches them',
  'offsets-by-time': 'finds offsets by time',
  'cluster-describe': 'describes the cluster',
  'configs-describe': 'describes the settings of a topic',
  'configs-alter': 'changes a setting of a topic',
  'groups-list': 'lists and describes groups',
  'groups-delete': 'deletes a group',
  'records-delete': 'deletes records before an offset',
  'acls-manage': 'creates, lists and deletes ACLs',
  'acls-denied': 'is refused what no ACL allows, and served what one does',
  'users-scram': 'creates a SCRAM user, who can log in',
  'quotas-manage': 'sets and describes a quota of a user',
  'sasl-plain': 'logs in with PLAIN',
  'sasl-scram-256': 'logs in with SCRAM-SHA-256',
  'sasl-scram-512': 'logs in with SCRAM-SHA-512',
  'sasl-oauthbearer': 'logs in with OAUTHBEARER',
  'sasl-wrong': 'reports a wrong password as a failed authentication',
  tls: 'talks TLS and logs in over it',
  mtls: 'is known by its certificate',
  'broker-restart': 'goes on writing and reading after the broker was killed and started again',
} as const satisfies Readonly<Record<string, string>>;

export type Feature = keyof typeof FEATURES;

export const FEATURE_NAMES = Object.keys(FEATURES) as readonly Feature[];
