import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { someRecords } from './scenario.ts';
import { expectWordsCounted } from './word-count.ts';
import type { ToolBench } from './tool-bench.ts';
import type { ToolName } from './tools.ts';

type Scenario = (bench: ToolBench) => Promise<void>;

/** A topic with ten records in its first partition, made by another client. */
async function filledTopic(bench: ToolBench, topic: string): Promise<string> {
  await bench.client.call('create-topic', { topic, partitions: 2 });
  const records = someRecords(10).map((record) => ({ ...record, partition: 0 }));
  await bench.client.call('produce', { topic, records });
  return topic;
}

function fileWith(bench: ToolBench, name: string, content: unknown): string {
  const file = join(bench.folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const NUMBERS = 1000;
const RECORDS = 10_000;

const topics: Scenario = async ({ run, connect, client }) => {
  const topic = 'tools-topics';
  const of = [...connect, '--topic', topic];
  expect(
    await run('kafka-topics', [
      ...of,
      '--create',
      '--partitions',
      '2',
      '--config',
      'retention.ms=5000',
    ]),
  ).toContain(`Created topic ${topic}`);
  expect(await run('kafka-topics', [...connect, '--list'])).toContain(topic);
  const described = await run('kafka-topics', [...of, '--describe']);
  expect(described).toMatch(
    /PartitionCount: 2\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=5000/,
  );
  expect(described).toMatch(/Partition: 1\s+Leader: 1\s+Replicas: 1\s+Isr: 1/);
  await run('kafka-topics', [...of, '--alter', '--partitions', '3']);
  expect((await client.call('describe-topic', { topic })).partitions).toBe(3);
  await run('kafka-topics', [...of, '--delete']);
  expect((await client.call('list-topics', {})).topics).not.toContain(topic);
};

const configs: Scenario = async (bench) => {
  const { run, connect } = bench;
  const topic = await filledTopic(bench, 'tools-configs');
  const change = async (entity: readonly string[], add: string, seen: RegExp): Promise<void> => {
    await run('kafka-configs', [...connect, ...entity, '--alter', '--add-config', add]);
    expect(await run('kafka-configs', [...connect, ...entity, '--describe'])).toMatch(seen);
  };
  const entity = (type: string, name: string) => ['--entity-type', type, '--entity-name', name];
  await change(entity('topics', topic), 'retention.ms=7200000', /retention\.ms=7200000/);
  await change(entity('brokers', '1'), 'log.retention.ms=7200000', /log\.retention\.ms=7200000/);
  await change(
    entity('users', 'reader'),
    'consumer_byte_rate=1000000',
    /consumer_byte_rate=1000000/,
  );
  await change(
    entity('users', 'reader'),
    'SCRAM-SHA-256=[iterations=4096,password=secret]',
    /SCRAM credential configs for user-principal 'reader' are SCRAM-SHA-256=iterations=4096/,
  );
  await change(
    entity('clients', 'agent'),
    'producer_byte_rate=1000000',
    /producer_byte_rate=1000000/,
  );
  await change(
    entity('groups', 'tools-group'),
    'consumer.session.timeout.ms=50000',
    /consumer\.session\.timeout\.ms=50000/,
  );
  await change(entity('client-metrics', 'all'), 'interval.ms=60000', /interval\.ms=60000/);
  expect(
    await run('kafka-configs', [...connect, ...entity('brokers', '1'), '--describe', '--all']),
  ).toMatch(/log\.segment\.bytes=1073741824/);
};

const acls: Scenario = async ({ run, connect }) => {
  const one = ['--allow-principal', 'User:reader', '--operation', 'Read', '--topic', 'tools-acls'];
  await run('kafka-acls', [...connect, '--add', ...one]);
  expect(await run('kafka-acls', [...connect, '--list', '--topic', 'tools-acls'])).toMatch(
    /principal=User:reader, host=\*, operation=READ, permissionType=ALLOW/,
  );
  await run('kafka-acls', [...connect, '--remove', '--force', ...one]);
  expect(await run('kafka-acls', [...connect, '--list', '--topic', 'tools-acls'])).not.toContain(
    'User:reader',
  );
};

const consoleProducer: Scenario = async ({ run, connect, client }) => {
  const topic = 'tools-console-producer';
  await client.call('create-topic', { topic, partitions: 1 });
  await run('kafka-console-producer', [...connect, '--topic', topic], 'first\nsecond\n');
  const { records } = await client.call('read', { topic, count: 2 });
  expect(records.map(({ value }) => value)).toEqual(['first', 'second']);
};

const consoleConsumer: Scenario = async (bench) => {
  const topic = await filledTopic(bench, 'tools-console-consumer');
  const reading = ['--topic', topic, '--from-beginning', '--max-messages', '10', '--group', topic];
  const showing = ['print.key=true', 'print.offset=true'].flatMap((each) => [
    '--formatter-property',
    each,
  ]);
  const args = [...bench.connect, ...reading, '--timeout-ms', '20000', ...showing];
  const printed = await bench.run('kafka-console-consumer', args);
  expect(printed).toContain('Offset:9\tkey-9\tvalue-9');
};

const consumerGroups: Scenario = async (bench) => {
  const { run, connect, client } = bench;
  const topic = await filledTopic(bench, 'tools-consumer-groups');
  const group = topic;
  await client.call('commit', { topic, group, offsets: { 0: 4, 1: 0 } });
  const tool = (...args: string[]) => run('kafka-consumer-groups', [...connect, ...args]);
  expect(await tool('--list')).toContain(group);
  expect(await tool('--describe', '--group', group)).toMatch(
    /tools-consumer-groups\s+0\s+4\s+10\s+6/,
  );
  expect(await tool('--describe', '--group', group, '--state')).toMatch(/Empty\s+0/);
  const reset = [
    '--reset-offsets',
    '--group',
    group,
    '--topic',
    topic,
    '--to-earliest',
    '--execute',
  ];
  await tool(...reset);
  expect((await client.call('committed', { topic, group })).offsets).toEqual({ 0: 0, 1: 0 });
  await client.call('member-start', {
    member: group,
    group,
    topics: [topic],
    protocol: 'classic',
    sessionTimeoutMs: 10_000,
  });
  expect(await tool('--describe', '--group', group, '--members', '--verbose')).toMatch(
    /tools-consumer-groups\(0,1\)|tools-consumer-groups:0,1|0,1/,
  );
  await client.call('member-stop', { member: group });
  expect(await tool('--delete', '--group', group)).toContain('was successful');
};

const groups: Scenario = async (bench) => {
  const topic = await filledTopic(bench, 'tools-groups');
  await bench.client.call('commit', { topic, group: topic, offsets: { 0: 1 } });
  expect(await bench.run('kafka-groups', [...bench.connect, '--list'])).toMatch(
    /tools-groups\s+Classic/,
  );
};

const transactions: Scenario = async ({ run, connect, client }) => {
  const topic = 'tools-transactions';
  await client.call('create-topic', { topic, partitions: 1 });
  await client.call('txn-open', { producer: topic, transactionalId: topic });
  await client.call('txn-begin', { producer: topic });
  await client.call('txn-send', { producer: topic, topic, records: someRecords(1) });
  const tool = (...args: string[]) => run('kafka-transactions', [...connect, ...args]);
  expect(await tool('list')).toMatch(/tools-transactions\s+\d+\s+\d+\s+Ongoing/);
  expect(await tool('describe', '--transactional-id', topic)).toMatch(
    /Ongoing.*tools-transactions-0/,
  );
  const partition = ['--topic', topic, '--partition', '0'];
  const [, offset = ''] =
    /\n\d+\s+\d+\s+-?\d+\s+\d+\s+\d+\s+(\d+)/.exec(
      await tool('describe-producers', ...partition),
    ) ?? [];
  expect(offset).toBe('0');
  await tool('abort', ...partition, '--start-offset', offset);
  expect(await tool('describe', '--transactional-id', topic)).toBeTruthy();
  await client.call('produce', { topic, records: [{ value: 'after' }] });
  const { records } = await client.call('read', { topic, count: 1, committed: true });
  expect(records.map(({ value }) => value)).toEqual(['after']);
};

const getOffsets: Scenario = async (bench) => {
  const topic = await filledTopic(bench, 'tools-get-offsets');
  const tool = (time: string) =>
    bench.run('kafka-get-offsets', [...bench.connect, '--topic', topic, '--time', time]);
  expect(await tool('latest')).toContain(`${topic}:0:10`);
  expect(await tool('earliest')).toContain(`${topic}:0:0`);
  expect(await tool('max-timestamp')).toMatch(new RegExp(`${topic}:0:\\d`));
};

const deleteRecords: Scenario = async (bench) => {
  const topic = await filledTopic(bench, 'tools-delete-records');
  const partitions = [{ topic, partition: 0, offset: 6 }];
  const file = fileWith(bench, 'delete.json', { partitions, version: 1 });
  expect(
    await bench.run('kafka-delete-records', [...bench.connect, '--offset-json-file', file]),
  ).toContain('low_watermark: 6');
};

const logDirs: Scenario = async (bench) => {
  const topic = await filledTopic(bench, 'tools-log-dirs');
  const args = ['--describe', '--topic-list', topic];
  expect(await bench.run('kafka-log-dirs', [...bench.connect, ...args])).toMatch(
    /"partition":"tools-log-dirs-0","size":[1-9]\d*/,
  );
};

const leaderElection: Scenario = async ({ run, connect }) => {
  const [bootstrap = '', server = '', , config = ''] = connect;
  const args = [bootstrap, server, '--admin.config', config, '--election-type', 'preferred'];
  await run('kafka-leader-election', [...args, '--all-topic-partitions']);
};

const reassign: Scenario = async (bench) => {
  const topic = await filledTopic(bench, 'tools-reassign');
  const tool = (...args: string[]) =>
    bench.run('kafka-reassign-partitions', [...bench.connect, ...args]);
  const wanted = fileWith(bench, 'topics.json', { topics: [{ topic }], version: 1 });
  const generated = await tool(
    '--generate',
    '--topics-to-move-json-file',
    wanted,
    '--broker-list',
    '1',
  );
  const plan =
    /Proposed partition reassignment configuration\n(\{.*\})/.exec(generated)?.[1] ?? '{}';
  const file = fileWith(bench, 'plan.json', JSON.parse(plan) as unknown);
  expect(await tool('--execute', '--reassignment-json-file', file)).toContain(
    'Successfully started',
  );
  expect(await tool('--verify', '--reassignment-json-file', file)).toMatch(/is completed/);
  expect(await tool('--list')).toContain('No partition reassignments found');
};

const perfTests: Scenario = async ({ run, connect, client }) => {
  const topic = 'tools-perf';
  await client.call('create-topic', { topic, partitions: 1 });
  const size = ['--num-records', String(RECORDS), '--record-size', '100', '--throughput', '-1'];
  expect(await run('kafka-producer-perf-test', [...connect, '--topic', topic, ...size])).toContain(
    `${RECORDS} records sent`,
  );
};

const consumerPerf: Scenario = async (bench) => {
  const topic = 'tools-consumer-perf';
  await bench.client.call('create-topic', { topic, partitions: 1 });
  const records = someRecords(RECORDS);
  await bench.client.call('produce', { topic, records });
  const args = ['--topic', topic, '--num-records', String(RECORDS), '--timeout', '20000'];
  expect(await bench.run('kafka-consumer-perf-test', [...bench.connect, ...args])).toMatch(
    new RegExp(`, ${RECORDS}, `),
  );
};

const verifiableProducer: Scenario = async ({ run, connect, client }) => {
  const topic = 'tools-verifiable-producer';
  await client.call('create-topic', { topic, partitions: 1 });
  const args = ['--topic', topic, '--max-messages', String(NUMBERS), '--throughput', '-1'];
  const printed = await run('kafka-verifiable-producer', [...connect, ...args]);
  // Its main method returns before the acknowledgements are printed.
  expect(printed).toContain('"name":"startup_complete"');
  const { records } = await client.call('read', { topic, count: NUMBERS });
  expect(records.map(({ value }) => value)).toEqual(
    Array.from({ length: NUMBERS }, (_, n) => `${n}`),
  );
};

const verifiableConsumer: Scenario = async ({ run, connect, client }) => {
  const topic = 'tools-verifiable-consumer';
  await client.call('create-topic', { topic, partitions: 1 });
  await client.call('produce', { topic, records: someRecords(NUMBERS) });
  const args = ['--topic', topic, '--group-id', topic, '--max-messages', String(NUMBERS)];
  const printed = await run('kafka-verifiable-consumer', [
    ...connect,
    ...args,
    '--reset-policy',
    'earliest',
  ]);
  expect(printed).toContain('"name":"offsets_committed"');
  const { offsets } = await client.call('committed', { topic, group: topic });
  expect(offsets).toEqual({ 0: NUMBERS });
};

const e2eLatency: Scenario = async ({ run, connect, client }) => {
  const topic = 'tools-e2e';
  await client.call('create-topic', { topic, partitions: 1 });
  const args = ['--topic', topic, '--num-records', '100', '--producer-acks', 'all'];
  expect(await run('kafka-e2e-latency', [...connect, ...args, '--record-size', '100'])).toContain(
    'Percentiles',
  );
};

const clientMetrics: Scenario = async ({ run, connect }) => {
  const tool = (...args: string[]) => run('kafka-client-metrics', [...connect, ...args]);
  const named = ['--name', 'tools-metrics'];
  await tool('--alter', ...named, '--metrics', 'org.apache.kafka.', '--interval', '30000');
  expect(await tool('--list')).toContain('tools-metrics');
  expect(await tool('--describe', ...named)).toContain('interval.ms=30000');
  await tool('--delete', ...named);
};

/** The last scenario: the broker ends in order, so that everything stands in its files. */
const dumpLog: Scenario = async (bench) => {
  const topic = await filledTopic(bench, 'tools-dump-log');
  await bench.client.call('produce', { topic, records: someRecords(3), idempotent: true });
  await bench.cluster.shutDown();
  const files = (pattern: string): string =>
    globSync(join(bench.cluster.dataFolder, '**', `${topic}-0`, pattern)).join(',');
  const tool = (pattern: string, ...args: string[]) =>
    bench.run('kafka-dump-log', ['--files', files(pattern), ...args]);
  expect(await tool('*.log', '--print-data-log')).toMatch(/payload: value-9/);
  expect(await tool('*.index')).toMatch(/offset: \d+ position: \d+|Dumping/);
  expect(await tool('*.timeindex')).toContain('Dumping');
  expect(await tool('*.snapshot')).toMatch(/producerId: \d+ producerEpoch: 0/);
};

/** One scenario a tool. */
export const TOOL_SCENARIOS: Readonly<Record<ToolName, Scenario>> = {
  'kafka-topics': topics,
  'kafka-configs': configs,
  'kafka-acls': acls,
  'kafka-console-producer': consoleProducer,
  'kafka-console-consumer': consoleConsumer,
  'kafka-consumer-groups': consumerGroups,
  'kafka-groups': groups,
  'kafka-transactions': transactions,
  'kafka-get-offsets': getOffsets,
  'kafka-delete-records': deleteRecords,
  'kafka-log-dirs': logDirs,
  'kafka-leader-election': leaderElection,
  'kafka-reassign-partitions': reassign,
  'kafka-features': async ({ run, connect }) => {
    expect(await run('kafka-features', [...connect, 'describe'])).toMatch(
      /Feature: metadata\.version\s+SupportedMinVersion: \S+\s+SupportedMaxVersion: 4\.3/,
    );
  },
  'kafka-metadata-quorum': async ({ run, connect }) => {
    expect(await run('kafka-metadata-quorum', [...connect, 'describe', '--status'])).toMatch(
      /LeaderId:\s+1/,
    );
    expect(await run('kafka-metadata-quorum', [...connect, 'describe', '--replication'])).toMatch(
      /1\s.*Leader/,
    );
  },
  'kafka-broker-api-versions': async ({ run, connect }) => {
    const printed = await run('kafka-broker-api-versions', connect);
    expect(printed).toMatch(/Produce\(0\): 0 to 13|Produce\(0\): 3 to 13/);
    expect(printed).toMatch(/Fetch\(1\): 4 to 18/);
  },
  'kafka-cluster': async (bench) => {
    const [, bootstrap = '', , config = ''] = bench.connect;
    const args = ['--bootstrap-server', bootstrap, '--config', config];
    const { id } = await bench.client.call('cluster', {});
    expect(await bench.run('kafka-cluster', ['cluster-id', ...args])).toContain(id);
    expect(await bench.run('kafka-cluster', ['list-endpoints', ...args])).toContain('127.0.0.1');
  },
  'kafka-client-metrics': clientMetrics,
  'kafka-producer-perf-test': perfTests,
  'kafka-consumer-perf-test': consumerPerf,
  'kafka-e2e-latency': e2eLatency,
  'kafka-verifiable-producer': verifiableProducer,
  'kafka-verifiable-consumer': verifiableConsumer,
  'kafka-streams': expectWordsCounted,
  'kafka-dump-log': dumpLog,
};
