const PACKAGE = 'org.apache.kafka.tools';

interface Tool {
  /** The class whose main method the tool's shell script runs. */
  readonly main: string;
  /** What is tried with it. */
  readonly does: string;
}

/** Kafka's command-line tools, by the names of their scripts. One row of docs/clients.md each. */
export const TOOLS = {
  'kafka-topics': {
    main: `${PACKAGE}.TopicCommand`,
    does: 'creates, lists, describes, grows and deletes topics',
  },
  'kafka-configs': {
    main: 'kafka.admin.ConfigCommand',
    does: 'changes and describes topics, brokers, users, quotas, groups and client metrics',
  },
  'kafka-acls': { main: `${PACKAGE}.AclCommand`, does: 'adds, lists and removes ACLs' },
  'kafka-console-producer': { main: `${PACKAGE}.ConsoleProducer`, does: 'writes lines' },
  'kafka-console-consumer': {
    main: `${PACKAGE}.consumer.ConsoleConsumer`,
    does: 'reads lines, with keys, headers and offsets, in a group',
  },
  'kafka-consumer-groups': {
    main: `${PACKAGE}.consumer.group.ConsumerGroupCommand`,
    does: 'lists, describes, resets and deletes groups',
  },
  'kafka-groups': { main: `${PACKAGE}.GroupsCommand`, does: 'lists groups of every kind' },
  'kafka-transactions': {
    main: `${PACKAGE}.TransactionsCommand`,
    does: 'lists and describes transactions and producers',
  },
  'kafka-get-offsets': {
    main: `${PACKAGE}.GetOffsetShell`,
    does: 'shows the first, last and timed offsets of topics',
  },
  'kafka-delete-records': {
    main: `${PACKAGE}.DeleteRecordsCommand`,
    does: 'deletes records before an offset',
  },
  'kafka-log-dirs': {
    main: `${PACKAGE}.LogDirsCommand`,
    does: 'shows the log folders with the sizes of partitions',
  },
  'kafka-leader-election': {
    main: `${PACKAGE}.LeaderElectionCommand`,
    does: 'elects the preferred leader',
  },
  'kafka-reassign-partitions': {
    main: `${PACKAGE}.reassign.ReassignPartitionsCommand`,
    does: 'makes, executes and verifies a reassignment to the same broker',
  },
  'kafka-features': { main: `${PACKAGE}.FeatureCommand`, does: 'describes the finalised features' },
  'kafka-metadata-quorum': {
    main: `${PACKAGE}.MetadataQuorumCommand`,
    does: 'describes the status and the replicas of the quorum',
  },
  'kafka-broker-api-versions': {
    main: `${PACKAGE}.BrokerApiVersionsCommand`,
    does: 'shows every API with its versions',
  },
  'kafka-cluster': {
    main: `${PACKAGE}.ClusterTool`,
    does: 'shows the cluster id and the endpoints',
  },
  'kafka-client-metrics': {
    main: `${PACKAGE}.ClientMetricsCommand`,
    does: 'sets, lists and deletes a subscription to client metrics',
  },
  'kafka-producer-perf-test': {
    main: `${PACKAGE}.ProducerPerformance`,
    does: 'writes 10,000 records',
  },
  'kafka-consumer-perf-test': { main: `${PACKAGE}.ConsumerPerformance`, does: 'reads them' },
  'kafka-e2e-latency': {
    main: `${PACKAGE}.EndToEndLatency`,
    does: 'measures the way from a producer to a consumer',
  },
  'kafka-verifiable-producer': {
    main: `${PACKAGE}.VerifiableProducer`,
    does: 'writes 1,000 numbers, each acknowledged',
  },
  'kafka-verifiable-consumer': {
    main: `${PACKAGE}.VerifiableConsumer`,
    does: 'reads them in a group and commits',
  },
  'kafka-streams': {
    main: 'WordCount',
    does: 'counts words exactly once (exactly_once_v2) while the application and the broker are killed',
  },
  'kafka-dump-log': {
    main: `${PACKAGE}.DumpLogSegments`,
    does: 'reads the segments, indexes and producer snapshots in the data folder',
  },
} as const satisfies Readonly<Record<string, Tool>>;

export type ToolName = keyof typeof TOOLS;

export const TOOL_NAMES = Object.keys(TOOLS) as readonly ToolName[];
