import type { Feature } from './features.ts';
import { goProgram, javaProgram, nodeProgram, pythonProgram, type Program } from './programs.ts';

/** A client whose driver stands under `clients/`. */
export interface Client {
  /** As people call it. */
  readonly name: string;
  readonly language: string;
  readonly program: Program;
  /** Clients of other libraries: one reads what this one wrote, one writes what it reads and looks at topics. */
  readonly checkedBy: { readonly reader: ClientName; readonly writer: ClientName };
  /** Whole clients that only run where WEIRHOUSE_CONFORMANCE=all: they take a compiler and a minute. */
  readonly onlyInAll?: true;
  /** Its processes take a second of a core to start: scenarios with several of them run alone. */
  readonly heavy?: true;
  /** What the client itself cannot do, with the reason. */
  readonly lacks: Partial<Readonly<Record<Feature, string>>>;
}

export type ClientName =
  | 'kcat'
  | 'kafkajs'
  | 'platformatic'
  | 'confluent-kafka'
  | 'kafka-python'
  | 'java-4'
  | 'java-2'
  | 'franz-go'
  | 'sarama';

const KCAT_AND_PLATFORMATIC = { reader: 'kcat', writer: 'platformatic' } as const;
const NO_ADMIN = 'it has no admin operations';
const NO_TRANSACTIONS = 'its command line has no transactions of several steps';
const OLD_SCRAM = 'its librdkafka 2.0.2 repeats the nonce wrongly; Kafka 4 refuses it too';

export const CLIENTS: Readonly<Record<ClientName, Client>> = {
  kcat: {
    name: 'kcat',
    language: 'C',
    program: nodeProgram('kcat', {
      kcat: 'apt-get install kcat',
      setpriv: 'apt-get install util-linux',
    }),
    checkedBy: { reader: 'platformatic', writer: 'platformatic' },
    lacks: {
      'records-written': 'its command line sets no timestamps',
      'topic-create': NO_ADMIN,
      'topic-grow': NO_ADMIN,
      'topic-delete': NO_ADMIN,
      'txn-commit': NO_TRANSACTIONS,
      'txn-abort': NO_TRANSACTIONS,
      'txn-offsets': NO_TRANSACTIONS,
      'txn-fencing': NO_TRANSACTIONS,
      'group-consumer': 'its librdkafka is older than KIP-848',
      'offsets-commit': NO_ADMIN,
      'cluster-describe': 'it lists brokers, not the cluster',
      'configs-describe': NO_ADMIN,
      'configs-alter': NO_ADMIN,
      'groups-list': NO_ADMIN,
      'groups-delete': NO_ADMIN,
      'records-delete': NO_ADMIN,
      'acls-manage': NO_ADMIN,
      'users-scram': NO_ADMIN,
      'quotas-manage': NO_ADMIN,
      'sasl-scram-256': OLD_SCRAM,
      'sasl-scram-512': OLD_SCRAM,
      'sasl-oauthbearer': 'its command line takes no token',
      'broker-restart': 'it writes once and ends',
    },
  },
  kafkajs: {
    name: 'kafkajs',
    language: 'JavaScript',
    program: nodeProgram('kafkajs'),
    checkedBy: KCAT_AND_PLATFORMATIC,
    lacks: {
      'codec-snappy': 'only with a codec of another package',
      'codec-lz4': 'only with a codec of another package',
      'codec-zstd': 'only with a codec of another package',
      'group-cooperative': 'it has no cooperative assignor',
      'group-static': 'it has no static members',
      'group-consumer': 'it knows only the classic protocol',
      'users-scram': 'its admin has no SCRAM users',
      'quotas-manage': 'its admin has no quotas',
    },
  },
  platformatic: {
    name: '@platformatic/kafka',
    language: 'JavaScript',
    program: nodeProgram('platformatic'),
    checkedBy: { reader: 'kcat', writer: 'confluent-kafka' },
    lacks: {
      'users-scram': 'its admin has no SCRAM users',
      'txn-fencing':
        'it asks for its id as producer 0 of epoch 0, so that it is refused unless the id has just that one',
    },
  },
  'confluent-kafka': {
    name: 'confluent-kafka (librdkafka)',
    language: 'Python',
    program: pythonProgram('confluent-kafka'),
    checkedBy: { reader: 'platformatic', writer: 'platformatic' },
    lacks: { 'quotas-manage': 'its admin has no quotas' },
  },
  'kafka-python': {
    name: 'kafka-python',
    language: 'Python',
    program: pythonProgram('kafka-python'),
    checkedBy: KCAT_AND_PLATFORMATIC,
    lacks: {
      'group-consumer': 'it knows only the classic protocol',
      'sasl-wrong': 'it reports a time-out of its bootstrap, from Apache Kafka too',
      'quotas-manage': 'its admin has no quotas',
    },
  },
  'java-4': {
    name: 'Apache Kafka client 4.3',
    language: 'Java',
    program: javaProgram('4.3.1'),
    heavy: true,
    checkedBy: KCAT_AND_PLATFORMATIC,
    onlyInAll: true,
    lacks: {},
  },
  'java-2': {
    name: 'Apache Kafka client 2.8',
    language: 'Java',
    program: javaProgram('2.8.2'),
    heavy: true,
    checkedBy: KCAT_AND_PLATFORMATIC,
    onlyInAll: true,
    lacks: { 'group-consumer': 'it is older than KIP-848' },
  },
  'franz-go': {
    name: 'franz-go',
    language: 'Go',
    program: goProgram('franz-go'),
    checkedBy: KCAT_AND_PLATFORMATIC,
    onlyInAll: true,
    lacks: {},
  },
  sarama: {
    name: 'sarama',
    language: 'Go',
    program: goProgram('sarama'),
    checkedBy: KCAT_AND_PLATFORMATIC,
    onlyInAll: true,
    lacks: {
      'group-consumer': 'it knows only the classic protocol',
      'cluster-describe': 'its admin gives no cluster id',
    },
  },
};
