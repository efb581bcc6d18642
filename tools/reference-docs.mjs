// Prints a reference page that comes from tables: `compatibility` from the broker's dispatch table and the control
// plane's routes, `without-effect` from the tables of settings and a look at where the code names them.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVED_APIS } from '@weirhouse/broker-core';
import {
  BROKER_CONFIG_AREAS,
  CLIENT_METRICS_CONFIGS,
  GROUP_CONFIGS,
  TOPIC_CONFIGS,
} from '@weirhouse/broker-metadata';
import { API_INFOS } from '@weirhouse/kafka-protocol';
import { contractTable } from '../test/conformance/confluent/table.ts';

const root = join(import.meta.dirname, '..');

function compatibility() {
  const served = new Map(SERVED_APIS.map((api) => [api.apiKey, api]));
  const kafka = API_INFOS.toSorted((a, b) => a.apiKey - b.apiKey);
  const forClients = kafka.filter(({ listeners }) => listeners.includes('broker'));
  const missing = forClients.filter(({ apiKey }) => !served.has(apiKey));
  const rows = kafka.flatMap((info) => {
    const api = served.get(info.apiKey);
    if (api === undefined) return [];
    const ours = range(api.minVersion, api.maxVersion);
    const theirs = range(info.minVersion, info.stableMaxVersion);
    return [`| ${info.apiKey} | ${info.name} | ${ours} | ${theirs} | ${api.notes.join(' ')} |`];
  });
  return [
    '# Compatibility',
    '',
    '## Kafka protocol',
    '',
    'What this broker serves of the Kafka protocol, beside Apache Kafka 4.3.1. Generated from the dispatch table',
    'and the notes beside each handler (`npm run gen`).',
    '',
    `${rows.length} APIs are served. Of those that clients of Kafka 4.3.1 may call, ${missing.length} are not: ${list(missing.map(({ name }) => name))}`,
    '',
    '| key | API | here | Kafka 4.3.1 | where this broker differs |',
    '|--:|---|---|---|---|',
    ...rows,
    '',
    ...contractTable(),
  ];
}

function range(min, max) {
  return min === max ? `${min}` : `${min}-${max}`;
}

function list(names) {
  return names.length === 0 ? 'none.' : `${names.join(', ')}.`;
}

function withoutEffect() {
  const code = readCode();
  const isNamed = (name) => code.all.includes(`'${name}'`) || isPutTogether(code.all, name);
  const topics = [...TOPIC_CONFIGS.keys()].filter((name) => !isTopicUsed(code, name));
  const groups = [...GROUP_CONFIGS.keys()].filter((name) => !isNamed(name));
  const idle = new Set([...topics, ...groups]);
  const brokerOf = new Set(
    [...TOPIC_CONFIGS.values(), ...GROUP_CONFIGS.values()]
      .filter(({ name }) => !idle.has(name))
      .flatMap(({ synonyms }) => synonyms.map(({ name }) => name)),
  );
  const brokers = BROKER_CONFIG_AREAS.map(([area, definitions]) => [
    area,
    definitions
      .map(({ name }) => name)
      .filter((name) => !isNamed(name) && !brokerOf.has(name) && !GROUP_BOUND.test(name)),
  ]);
  const metrics = [...CLIENT_METRICS_CONFIGS.keys()].filter((name) => !isNamed(name));
  const count = brokers.reduce((sum, [, names]) => sum + names.length, 0);
  return [
    '# Settings without an effect',
    '',
    "These settings of Kafka are known, checked by type and range, stored and described, so that Kafka's tools and",
    'files for it work. They change nothing here, for the reason given. A setting that is not on this page has its',
    'effect. Generated from the tables of settings and from where the code names them (`npm run gen`).',
    '',
    ...section('Topics', topics),
    ...section('Groups', groups),
    ...section('Client metrics subscriptions', metrics),
    `## Brokers\n\n${count} settings.\n`,
    ...brokers.flatMap(([area, names]) => section(area, names, '###')),
  ].slice(0, -1);
}

function section(title, names, level = '##') {
  if (names.length === 0) return [];
  const rows = names.map((name) => `| \`${name}\` | ${reasonOf(name)} |`);
  return [`${level} ${title}`, '', '| setting | why |', '|---|---|', ...rows, ''];
}

/** Where the broker's code names a setting, or the field that a topic setting is read from. */
function readCode() {
  const files = globSync(['libs/broker/*/src/**/*.ts', 'apps/broker/src/**/*.ts'], { cwd: root })
    .filter((path) => !/\.spec\.ts$|\/testing\/|\/metadata\/src\/configs\//.test(path))
    .toSorted();
  const texts = files.map((path) => [path, readFileSync(join(root, path), 'utf8')]);
  const all = texts.map(([, text]) => text).join('\n');
  // A field that is only handed on under its own name is not used yet.
  const users = texts
    .filter(([path]) => !/\/metadata\/|\/log-config\.ts$/.test(path))
    .map(([, text]) => text.replaceAll(/\b(\w+): config\.\1,/g, ''))
    .join('\n');
  return { all, users };
}

/** A setting may be named in two parts, as in `${topicSettings}.segment.bytes` or `sasl.${setting}`. */
function isPutTogether(text, name) {
  const words = name.split('.');
  return words.some((_, at) => {
    const [head, tail] = [words.slice(0, at).join('.'), words.slice(at).join('.')];
    const isHeadGiven = text.includes(`'${head}'`) && text.includes(`}.${tail}\``);
    return isHeadGiven || (text.includes(`('${tail}')`) && text.includes(`${head}.\${`));
  });
}

/** Bounds of group settings, which the checks of those settings put together from parts. */
const GROUP_BOUND = /^group\.(consumer|share|streams)\.(min|max)\.(?!size)/;

function isTopicUsed(code, name) {
  const words = name.replace(/^message\.timestamp/, 'timestamp').split('.');
  const field = words.map((word, i) => (i === 0 ? word : word[0].toUpperCase() + word.slice(1)));
  return (
    new RegExp(`\\b${field.join('')}\\b`).test(code.users) || name === 'internal.segment.bytes'
  );
}

function reasonOf(name) {
  return REASONS.find(([pattern]) => pattern.test(name))?.[1] ?? 'Not built yet.';
}

const REASONS = [
  [
    /abort\.timed\.out/,
    'Each open transaction has a timer of its own and is aborted when its time is up, not at the next look.',
  ],
  [
    /add\.partitions\.to\.txn\.retry\.backoff\.ms/,
    'A write that waits for the transaction before it is woken when that has ended, not at the next look.',
  ],
  [/^remote\.|^log\.local\.|^local\.|tiered/, 'There is no remote storage.'],
  [/share\b|^group\.share/, 'Share groups are not served.'],
  [/streams/, 'Streams groups are not served.'],
  [/^metrics$|^match$|^interval\.ms$|^telemetry/, 'Clients are not asked for their metrics.'],
  [/compression\.lz4\.level/, 'The lz4 codec has one level.'],
  [
    /\.class(\.name)?$|\.class\.|reporters|plug|providers$|\.impl\./,
    'There is no JVM to load plug-ins into.',
  ],
  [/kerberos/, 'Kerberos is not served.'],
  [/delegation\.token/, 'Delegation tokens are not served.'],
  [
    /threads|thread\.pool|num\.replica\.fetchers|queued\.max\.requests/,
    'One event loop does the work; there are no pools of threads.',
  ],
  [
    /purgatory|load\.buffer|cached\.buffer|append\.linger|buffer\.load\.factor|io\.buffer\.size/,
    'What it tunes does not exist here: waiting requests, loads and buffers are bounded otherwise.',
  ],
  [
    /^controller\.quorum|quorum|^controller\.(performance|socket)|initial\.broker|broker\.(heartbeat|session)|^controlled|early\.start|metadata\.max\.idle/,
    'The metadata log has one writer, found by the register; there is no election between nodes yet.',
  ],
  [
    /replica|leader|follower|unclean|min\.isr|inter\.broker|controller\.protocol|imbalance|offsets\.commit\.timeout|^request\.timeout|connection\.setup/,
    'One node: nothing is replicated and no other broker is called.',
  ],
  [
    /\.dirs?$|log\.dir\.failure|checkpoint|recovery/,
    'One data folder, recovered from the write-ahead log.',
  ],
  [/^metadata\.|^internal\.metadata/, 'Snapshots bound the metadata log.'],
  [
    /preallocate/,
    'Segments grow as they are written behind; the write-ahead log is what is preallocated.',
  ],
  [/jitter|initial\.task/, 'Work is spread by being done in bounded steps.'],
  [
    /^sasl\.login|oauthbearer\.(assertion|scope|client|token)|^sasl\.jaas/,
    'For logins of its own, which the broker does not make, or a login module of Java.',
  ],
  [/^ssl\./, 'TLS is that of Node.js, with certificates in PEM files.'],
  [/^socket\.|metrics\./, 'Left to the operating system, or measured otherwise.'],
  [/unstable|transaction\.two\.phase/, 'Unstable versions and features are not served.'],
  [/codec$/, "The broker's own records are not compressed."],
];

const pages = { compatibility, 'without-effect': withoutEffect };
const page = pages[process.argv[2]];
if (page === undefined) throw new Error(`one of ${Object.keys(pages).join(', ')} is wanted`);
process.stdout.write(`${page().join('\n')}\n`);
