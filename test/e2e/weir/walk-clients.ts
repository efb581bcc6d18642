import { unreachable } from '@weirhouse/shared-kernel';
import { waitFor } from '@weirhouse/testing-harness';
import type { Driver } from '../../conformance/matrix/driver.ts';
import type { Connection, MemberState } from '../../conformance/matrix/operations.ts';
import { start, type Login, type Ran } from './command.ts';

/** How long a member may take to read something or to be refused, in milliseconds. */
const MEMBER_MAX_MS = 30_000;

/** Something that somebody tries on a cluster. */
export type Deed =
  | { readonly does: 'produce' | 'read' | 'describe' | 'create' | 'delete'; readonly topic: string }
  | ({ readonly does: 'join' } & Membership);

interface Membership {
  readonly group: string;
  readonly topic: string;
}

/** A client library in the hands of an account. */
export interface WalkClient {
  /** Undefined = it went through; else what the client said. */
  try(login: Login, deed: Deed): Promise<string | undefined>;
}

/** What kcat's command line cannot say. */
export const KCAT_LACKS: readonly Deed['does'][] = ['create', 'delete'];

/** kcat with a login and further settings; answers when it has ended. */
export function kcat(
  { bootstrap, login }: { readonly bootstrap: string; readonly login: Login },
  args: readonly string[],
  {
    input = '',
    more = {},
  }: { readonly input?: string; readonly more?: Readonly<Record<string, string>> } = {},
): Promise<Ran> {
  const options = {
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': 'PLAIN',
    'sasl.username': login.key,
    'sasl.password': login.secret,
    'message.timeout.ms': '60000',
    'auto.offset.reset': 'earliest',
    ...more,
  };
  const x = Object.entries(options).flatMap(([name, value]) => ['-X', `${name}=${value}`]);
  return start('kcat', ['-b', bootstrap, ...x, ...args], { input }).ended;
}

/** kcat, a process for each deed. */
export function kcatClient(bootstrap: string): WalkClient {
  return {
    async try(login, deed) {
      const { code, out } = await kcat({ bootstrap, login }, kcatArgs(deed), { input: 'one\n' });
      const isHidden = deed.does === 'describe' && out.includes('"error"');
      return code === 0 && !out.includes('ERROR') && !isHidden ? undefined : out;
    },
  };
}

function kcatArgs(deed: Deed): readonly string[] {
  switch (deed.does) {
    case 'produce':
      return ['-P', '-t', deed.topic, '-p', '0'];
    case 'read':
      return ['-C', '-t', deed.topic, '-o', 'beginning', '-e', '-q'];
    case 'describe':
      return ['-L', '-J', '-t', deed.topic];
    case 'join':
      return ['-G', deed.group, '-c', '1', deed.topic];
    case 'create':
    case 'delete':
      throw new Error(`kcat cannot ${deed.does}`);
    default:
      return unreachable(deed);
  }
}

/** A group member that goes on reading. */
export interface RunningMember {
  state(): Promise<MemberState>;
}

/** Kafka's own Java client, by the driver of the conformance matrix. */
export interface JavaClient extends WalkClient {
  startMember(login: Login, membership: Membership): Promise<RunningMember>;
}

/** Drives it against the cluster at `bootstrap`. */
export function javaClient(bootstrap: string, driver: Driver): JavaClient {
  const as = ({ key, secret }: Login): Connection => ({
    bootstrap,
    protocol: 'SASL_PLAINTEXT',
    mechanism: 'SCRAM-SHA-512',
    username: key,
    password: secret,
  });
  const client: JavaClient = {
    async try(login, deed) {
      try {
        if (deed.does === 'join') await readAsMember(await client.startMember(login, deed));
        else await doInJava(driver, as(login), deed);
        return undefined;
      } catch (error) {
        return String(error);
      }
    },
    async startMember(login, { group, topic }) {
      // A group has one member in this walk.
      const ask = { member: group, group, topics: [topic], protocol: 'classic' } as const;
      await driver.call('member-start', { ...ask, sessionTimeoutMs: 6_000 }, as(login));
      return { state: () => driver.call('member-state', { member: group }) };
    },
  };
  return client;
}

async function doInJava(
  driver: Driver,
  on: Connection,
  { does, topic }: Exclude<Deed, { readonly does: 'join' }>,
): Promise<unknown> {
  switch (does) {
    case 'produce':
      return driver.call('produce', { topic, records: [{ value: 'one', partition: 0 }] }, on);
    case 'read':
      return driver.call('read', { topic, count: 1 }, on);
    case 'describe':
      return driver.call('describe-topic', { topic }, on);
    case 'create':
      return driver.call('create-topic', { topic, partitions: 1 }, on);
    case 'delete':
      return driver.call('delete-topic', { topic }, on);
    default:
      return unreachable(does);
  }
}

async function readAsMember(member: RunningMember): Promise<void> {
  const seen = await waitFor(
    'the member to read or to be refused',
    async () => {
      const state = await member.state();
      return state.error === undefined && state.values.length === 0 ? undefined : state;
    },
    MEMBER_MAX_MS,
  );
  if (seen.error !== undefined) throw new Error(seen.error);
}
