import { randomBytes } from 'node:crypto';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type AclEntry,
  type Admin,
} from 'kafkajs';
import type { TestCluster } from './cluster.ts';
import { startDriver, type Caller, type Driver } from './driver.ts';
import type { Connection } from './operations.ts';
import type { Command } from './programs.ts';

/** What one scenario of one client works with. */
export interface Stage {
  /** The client under test. */
  readonly client: Driver;
  /** Other libraries, which write what the client reads and read what it wrote. */
  readonly checker: Caller;
  readonly cluster: TestCluster;
  /** A further process of the client under test, ended with the scenario. */
  readonly another: () => Driver;
  /** A topic of this scenario's own, made by neither client nor checker. */
  readonly topic: (partitions?: number) => Promise<string>;
  /** Lets the guest write to a topic. */
  readonly allowGuest: (topic: string) => Promise<void>;
  /** A name of this scenario's own. */
  readonly name: () => string;
  /** The admin connection as somebody else. */
  readonly as: (login: Partial<Connection>) => Connection;
}

/** Part of every name, so that runs against one broker do not meet. */
const RUN = randomBytes(3).toString('hex');

export interface StageOptions {
  readonly client: Driver;
  readonly checker: Caller;
  readonly cluster: TestCluster;
  readonly command: Command;
  readonly feature: string;
}

/** Sets a stage; `clear` ends the processes that the scenario started. */
export function setStage(options: StageOptions): Stage & { clear(): void } {
  const { client, checker, cluster, command, feature } = options;
  const started: Driver[] = [];
  let names = 0;
  const name = (): string => `${feature}-${RUN}-${++names}`;
  return {
    client,
    checker,
    cluster,
    name,
    another: () => {
      const driver = startDriver(command, cluster.admin);
      started.push(driver);
      return driver;
    },
    topic: async (partitions = 1) => {
      const topic = name();
      await createTopic(cluster.admin, topic, partitions);
      return topic;
    },
    allowGuest: (topic) => allowWriting(cluster.admin, cluster.guest.username ?? '', topic),
    as: (login) => ({ ...cluster.admin, ...login }),
    clear: () => {
      for (const driver of started) driver.kill('SIGKILL');
    },
  };
}

/** Prepares the scene by an admin client of its own, so that a scenario fails only by what it tries. */
async function withAdmin(on: Connection, use: (admin: Admin) => Promise<unknown>): Promise<void> {
  const { username = '', password = '' } = on;
  const admin = new Kafka({
    brokers: [on.bootstrap],
    sasl: { mechanism: 'plain', username, password },
    logLevel: logLevel.NOTHING,
  }).admin();
  await admin.connect();
  await use(admin);
  await admin.disconnect();
}

async function createTopic(on: Connection, topic: string, numPartitions: number): Promise<void> {
  await withAdmin(on, (admin) => admin.createTopics({ topics: [{ topic, numPartitions }] }));
}

async function allowWriting(on: Connection, username: string, topic: string): Promise<void> {
  const acl: AclEntry = {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${username}`,
    host: '*',
    operation: AclOperationTypes.WRITE,
    permissionType: AclPermissionTypes.ALLOW,
  };
  await withAdmin(on, (admin) => admin.createAcls({ acl: [acl] }));
}
