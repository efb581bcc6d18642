import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import type { Connection, Incoming, MemberState, Outgoing } from '../../matrix/operations.ts';
import { NOTHING, serve, untilQuiet } from '../driver-loop.ts';

/** kcat has no way to end by itself after silence, so a read ends it. */
const READ_FLAGS = ['-C', '-o', 'beginning', '-q', '-u', '-J'];
const REFUSED_MS = 20_000;

interface Member {
  readonly child: ChildProcess;
  readonly values: string[];
  assigned: string[];
  readonly revoked: string[];
}
const members = new Map<string, Member>();

function settings(on: Connection, more: Readonly<Record<string, string>> = {}): string[] {
  const all: Readonly<Record<string, string | undefined>> = {
    'security.protocol': on.protocol,
    'sasl.mechanism': on.mechanism,
    'sasl.username': on.username,
    'sasl.password': on.password,
    'ssl.ca.location': on.caFile,
    'ssl.certificate.location': on.certificateFile,
    'ssl.key.location': on.keyFile,
    ...more,
  };
  return [
    '-b',
    on.bootstrap,
    ...Object.entries(all).flatMap(([key, value]) =>
      value === undefined ? [] : ['-X', `${key}=${value}`],
    ),
  ];
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kcat to its end; a refusal is an error with what it printed. */
async function run(args: readonly string[], input?: string): Promise<string> {
  const child = spawn('kcat', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), REFUSED_MS);
  const ended = await new Promise<Ended>((resolve) => {
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    // A refused kcat ends without reading; its exit says so.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
  clearTimeout(timer);
  if (ended.code !== 0 || /ERROR/.test(ended.stderr))
    throw new Error(ended.stderr || `${ended.code}`);
  return ended.stdout;
}

interface Metadata {
  readonly topics: readonly { topic: string; partitions: readonly unknown[]; error?: string }[];
  readonly brokers: readonly { id: number }[];
}

async function metadata(on: Connection, topic?: string): Promise<Metadata> {
  const args = ['-L', '-J', '-m', '10', ...(topic === undefined ? [] : ['-t', topic])];
  return JSON.parse(await run([...settings(on), ...args])) as Metadata;
}

/** Keys and values hold neither tabs nor newlines; a null value needs kcat's -Z and an empty text. */
async function produce(
  on: Connection,
  topic: string,
  record: {
    readonly records: readonly Outgoing[];
    readonly codec: string;
    readonly idempotent: boolean;
  },
): Promise<void> {
  const [first] = record.records;
  if (first === undefined) return;
  const lines = record.records.map(({ key, value }) => `${key ?? ''}\t${value ?? ''}\n`);
  const more = {
    'message.max.bytes': '10000000',
    'enable.idempotence': String(record.idempotent),
    'message.timeout.ms': '15000',
  };
  await run(
    [
      ...settings(on, more),
      '-P',
      '-t',
      topic,
      '-K',
      '\t',
      '-Z',
      '-z',
      record.codec,
      ...(first.partition === undefined ? [] : ['-p', String(first.partition)]),
      ...(first.headers ?? []).flatMap(([name, value]) => ['-H', `${name}=${value}`]),
    ],
    lines.join(''),
  );
}

interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly ts: number;
  readonly key: string | null;
  readonly payload: string | null;
  readonly headers?: readonly string[];
}

function incoming(line: Line): Incoming {
  const flat = line.headers ?? [];
  const headers = flat.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name, flat[at + 1] ?? '']] : [],
  );
  const { partition, offset, key, payload, ts } = line;
  return { partition, offset, key, value: payload, headers, timestamp: ts };
}

/** Calls `take` with each whole line of what a stream prints. */
function eachLine(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}

const MEMBER_LINE = /rebalanced.*\b(assigned|assignment|revoked?)\b[^:]*: (.*)$/;

/** `topic [0], topic [1]` as `topic-0`, `topic-1`. */
function partitionsOf(text: string): string[] {
  return [...text.matchAll(/([\w.-]+) \[(\d+)\]/g)].map(
    ([, topic, partition]) => `${topic}-${partition}`,
  );
}

function follow(member: Member, line: string): void {
  const [, what, list = ''] = MEMBER_LINE.exec(line) ?? [];
  const some = partitionsOf(list);
  if (what?.startsWith('assign') === true)
    member.assigned = [...member.assigned, ...some].toSorted();
  if (what?.startsWith('revo') !== true) return;
  member.revoked.push(...some);
  member.assigned = member.assigned.filter((each) => !some.includes(each));
}

const [version = ''] =
  /librdkafka [\d.]+/.exec(execFileSync('kcat', ['-V'], { encoding: 'utf8' })) ?? [];
serve(version, {
  'describe-topic': async (ask, on) => {
    const found = (await metadata(on, ask.topic)).topics[0];
    return { partitions: found?.partitions.length ?? 0 };
  },
  'list-topics': async (_, on) => ({
    topics: (await metadata(on)).topics.map(({ topic }) => topic),
  }),
  'offsets-at': async (ask, on) => {
    const out = await run([...settings(on), '-Q', '-t', `${ask.topic}:0:${ask.timestamp}`]);
    const [, partition = '', offset = ''] = / \[(\d+)\] offset (-?\d+)/.exec(out) ?? [];
    return { offsets: { [partition]: Number(offset) } };
  },
  produce: async (ask, on) => {
    const { records, codec = 'none', idempotent = false } = ask;
    const partitions = new Set(records.map(({ partition }) => partition));
    for (const partition of partitions)
      await produce(on, ask.topic, {
        records: records.filter((record) => record.partition === partition),
        codec,
        idempotent,
      });
    return NOTHING;
  },
  read: async (ask, on) => {
    const isolation = ask.committed === true ? 'read_committed' : 'read_uncommitted';
    const more = { 'isolation.level': isolation, 'check.crcs': 'true', 'fetch.wait.max.ms': '100' };
    const child = spawn('kcat', [...settings(on, more), ...READ_FLAGS, '-t', ask.topic]);
    const records: Incoming[] = [];
    let errors = '';
    let ended = false;
    eachLine(child.stdout, (line) => records.push(incoming(JSON.parse(line) as Line)));
    eachLine(child.stderr, (line) => (errors += `${line}\n`));
    child.on('exit', () => (ended = true));
    await Promise.race([
      untilQuiet(() => records.length, ask.count),
      new Promise((resolve) => child.on('exit', resolve)),
    ]);
    if (ended || (/ERROR|FAIL/.test(errors) && records.length < ask.count)) throw new Error(errors);
    child.kill('SIGKILL');
    return { records };
  },
  'member-start': (ask, on) => {
    const more = {
      'session.timeout.ms': String(ask.sessionTimeoutMs),
      'heartbeat.interval.ms': '300',
      'auto.offset.reset': 'earliest',
      'auto.commit.interval.ms': '200',
      'fetch.wait.max.ms': '100',
      ...(ask.assignor !== undefined && { 'partition.assignment.strategy': ask.assignor }),
      ...(ask.instanceId !== undefined && { 'group.instance.id': ask.instanceId }),
    };
    // It dies with this driver: a killed driver is a killed member.
    const child = spawn(
      'setpriv',
      [
        '--pdeathsig',
        'KILL',
        'kcat',
        ...settings(on, more),
        '-G',
        ask.group,
        '-u',
        '-J',
        ...ask.topics,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const member: Member = { child, values: [], assigned: [], revoked: [] };
    members.set(ask.member, member);
    eachLine(child.stdout, (line) =>
      member.values.push(String((JSON.parse(line) as Line).payload)),
    );
    eachLine(child.stderr, (line) => follow(member, line));
    return Promise.resolve(NOTHING);
  },
  'member-state': (ask) => {
    const member = members.get(ask.member);
    if (member === undefined) throw new Error('no such member');
    const { assigned, values, revoked } = member;
    return Promise.resolve<MemberState>({ assigned, values, revoked });
  },
  'member-stop': async (ask) => {
    const child = members.get(ask.member)?.child;
    if (child === undefined) return NOTHING;
    await new Promise((resolve) => {
      child.on('exit', resolve);
      child.kill('SIGTERM');
    });
    return NOTHING;
  },
});
