import type { SecurityProtocol } from '@weirhouse/broker-core';
import {
  BROKER_CONFIGS,
  findBrokerConfig,
  parseConfigValue,
  type ConfigDefinition,
} from '@weirhouse/broker-metadata';
import { loadConfig, type ConfigSource } from '@weirhouse/shared-config';
import { AppError } from '@weirhouse/shared-kernel';
import { z } from 'zod';

// Each schema is used once: compiling a parser for hundreds of keys would cost more than parsing them.
z.config({ jitless: true });

const integer = (min: number, max = Number.MAX_SAFE_INTEGER): z.ZodCoercedNumber =>
  z.coerce.number().int().min(min).max(max);
const list = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((word) => word.trim())
          .filter((word) => word !== '')
      : value,
  z.array(z.string()),
);

/** Keys of the process itself: what Kafka has no name for, or where our default differs. */
const processShape = {
  'node.id': integer(0, 2 ** 31 - 1)
    .default(1)
    .meta({ description: 'Id of this broker in its cluster.' }),
  'cluster.id': z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .optional()
    .meta({
      description: 'Id of the cluster. Chosen at the first start when absent, fixed afterwards.',
    }),
  'log.dir': z
    .string({ error: 'a data folder is needed (or give --dir)' })
    .min(1)
    .meta({ description: 'Data folder. One process uses it at a time.' }),
  listeners: list.default(['PLAINTEXT://127.0.0.1:9092']).meta({
    kind: 'list',
    usual: 'PLAINTEXT://127.0.0.1:9092',
    description:
      'Addresses to listen on, `NAME://host:port` separated by commas. A name is a protocol (PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL) or one of `listener.security.protocol.map`; settings of one listener have the prefix `listener.name.<name>.`. Port 0 takes a free one. What asks for neither login nor certificate is refused beyond loopback.',
  }),
  'advertised.listeners': list.default([]).meta({
    kind: 'list',
    usual: '',
    description:
      'Addresses that clients are told, by the names of `listeners`; those of it where there is none.',
  }),
  'sasl.enabled.mechanisms': list.default(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).meta({
    kind: 'list',
    usual: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    description: 'SASL mechanisms offered on SASL listeners.',
  }),
  'super.users': z
    .string()
    .default('')
    .meta({ description: 'Principals that may do everything, separated by semicolons.' }),
  'reserved.settings': list.default([]).meta({
    kind: 'list',
    description:
      'Settings of brokers that only super users change at run time; for listeners, too.',
  }),
  'bootstrap.credentials.file': z.string().optional().meta({
    description:
      'JSON file `{"users":[{"name","password"}]}` of users that exist from the first start.',
  }),
  'cluster.secret.file': z.string().optional().meta({
    description:
      'File of random bytes in base64 that all brokers of a cluster share; a file in the data folder when absent.',
  }),
  'connections.max.authentication.ms': integer(1000, 600_000)
    .default(30_000)
    .meta({ description: 'Time a client has to authenticate.', unit: 'ms' }),
  'ssl.certificate.file': z.string().optional().meta({
    description: 'PEM file of the certificate chain for SSL and SASL_SSL listeners.',
  }),
  'ssl.key.file': z
    .string()
    .optional()
    .meta({ description: 'PEM file of the private key for SSL and SASL_SSL listeners.' }),
  'admin.listener': z.string().default('127.0.0.1:0').meta({
    description: 'host:port of liveness, readiness, metrics and usage; port 0 takes a free one.',
  }),
  'limits.file': z.string().optional().meta({
    description:
      'JSON file of what the platform lets this broker be used for: `partitions`, `connections`, `ingressBytesPerSecond`, `egressBytesPerSecond`. Changes take effect within a second.',
  }),
  'run.file': z.string().optional().meta({
    description: 'File that is written when the broker serves: pid, addresses, incarnation.',
  }),
  'log.level': z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .meta({ description: 'The least severe log line that is written.' }),
  'slow.request.log.ms': integer(0).default(1000).meta({
    description:
      'Time after which a request is logged as slow, what it waits for by intent not counted; 0 logs none.',
    unit: 'ms',
  }),
  'max.connections': integer(1).default(20_000).meta({
    description: 'Connections of a listener at a time; further ones are closed at once.',
    unit: 'connections',
  }),
  'max.connections.per.ip': integer(1).default(20_000).meta({
    description: 'Connections of a listener at a time from one address.',
    unit: 'connections',
  }),
  'connections.max.idle.ms': integer(1000)
    .default(600_000)
    .meta({ description: 'Silence after which a connection is closed.', unit: 'ms' }),
  'shutdown.drain.ms': integer(0, 600_000).default(5000).meta({
    description:
      'Time that a broker which was told to end has for answering the requests in work, and clients for taking the answers. What is left then is cut.',
    unit: 'ms',
  }),
  durability: z.enum(['durable', 'page-cache']).default('durable').meta({
    description:
      'When a record is acknowledged: `durable` when it survives a power cut, `page-cache` when it survives the end of the process (a power cut may take up to two seconds). Topics choose for themselves by `flush.messages` (1: durable; more: page cache) and `flush.ms` (below 1000: durable; more: page cache).',
  }),
  'wal.segment.bytes': integer(4 << 20, 1 << 30)
    .default(64 << 20)
    .meta({ description: 'Size of one file of the write-ahead log.', unit: 'bytes' }),
  'wal.segments': integer(2, 64).default(4).meta({
    description: 'Files of the write-ahead log; they bound recovery after a crash.',
    unit: 'files',
  }),
  'log.scrub.bytes.per.second': integer(0)
    .default(4 << 20)
    .meta({
      description:
        'How fast closed segments are read, while the disk is not busy, to find damage before a reader does; 0 turns it off.',
      unit: 'bytes/s',
    }),
  'log.scrub.interval.ms': integer(1000).default(604_800_000).meta({
    description: 'Time from one pass over all closed segments to the next.',
    unit: 'ms',
  }),
  'disk.reserve.bytes': integer(0)
    .default(64 << 20)
    .meta({
      description:
        'Free space of the volume below which producers wait. What was acknowledged and the records of groups and metadata still find room then.',
      unit: 'bytes',
    }),
  'arena.bytes': integer(4 << 20, 2 ** 31)
    .optional()
    .meta({
      description:
        'Memory for records on their way to disk, which also serves reads of the newest ones. A fifth of what is left beside 128 MiB, at most 48 MiB, when absent.',
      unit: 'bytes',
    }),
};

const processSchema = z.object(processShape);

/** Kafka's settings that a process here has no choice in. */
const BY_NATURE = new Set(['broker.id', 'controller.listener.names', 'log.dirs', 'process.roles']);

/** Kafka's own settings, by the definitions that DescribeConfigs answers from. */
const kafkaShape = Object.fromEntries(
  [...BROKER_CONFIGS.values()]
    .filter(({ name }) => !(name in processShape) && !BY_NATURE.has(name))
    .map((definition) => [definition.name, kafkaValue(definition)]),
);

/** Kafka's settings that the process reads itself, and that DescribeConfigs tells all the same. */
const TYPED_HERE = [
  'super.users',
  'connections.max.idle.ms',
  'max.connections',
  'max.connections.per.ip',
  'sasl.enabled.mechanisms',
] as const;

/** Files of a TLS listener under names of our own; Kafka has only stores. */
const OWN_TLS_FILES = ['ssl.certificate.file', 'ssl.key.file'] as const;
const LISTENER_PREFIX = 'listener.name.';

/** Every key of a broker. Names that Kafka has are Kafka's, with its meaning and default. */
export const brokerConfigSchema = z.object({ ...processShape, ...kafkaShape });

export interface BrokerConfig {
  /** The keys of the process, typed. */
  readonly process: Readonly<z.infer<typeof processSchema>>;
  /** Kafka's settings that were set, as text. */
  readonly kafka: ReadonlyMap<string, string>;
  /** The same with our own settings of listeners. */
  readonly listeners: ReadonlyMap<string, string>;
}

/** Merges the sources; refuses unknown keys and bad values with one clear error. */
export function loadBrokerConfig(sources: readonly ConfigSource[]): BrokerConfig {
  const scoped = scopedShape(sources);
  const schema = brokerConfigSchema.extend(scoped);
  const all: Readonly<Record<string, unknown>> = loadConfig(schema, sources);
  const kafka = new Map<string, string>();
  for (const name of [...Object.keys(kafkaShape), ...Object.keys(scoped)]) {
    if (findBrokerConfig(name) === undefined) continue;
    const value = all[name];
    if (typeof value === 'string') kafka.set(name, value);
  }
  const process = processSchema.parse(all);
  for (const name of TYPED_HERE) {
    const value = process[name];
    const text = Array.isArray(value) ? value.join(',') : String(value);
    if (text !== BROKER_CONFIGS.get(name)?.defaultValue) kafka.set(name, text);
  }
  return { process, kafka, listeners: new Map([...kafka, ...ownTlsFiles(all)]) };
}

/** A number among Kafka's settings, as it was set or by default. */
export function numberOf({ kafka }: Pick<BrokerConfig, 'kafka'>, name: string): number {
  return Number(kafka.get(name) ?? BROKER_CONFIGS.get(name)?.defaultValue);
}

/** `queued.max.request.bytes`; Infinity when it sets no limit. A request must fit, as in Kafka. */
export function queuedBytesOf(config: Pick<BrokerConfig, 'kafka'>): number {
  const field = 'queued.max.request.bytes';
  const bytes = numberOf(config, field);
  if (bytes <= 0) return Infinity;
  const least = numberOf(config, 'socket.request.max.bytes');
  if (bytes >= least) return bytes;
  throw new AppError(
    'invalid_argument',
    `${field}: ${bytes} is less than a request may have (socket.request.max.bytes, ${least}); -1 sets no limit.`,
    { field },
  );
}

function ownTlsFiles(all: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(all).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' && OWN_TLS_FILES.some((name) => key.endsWith(name))
      ? [[key, value]]
      : [],
  );
}

/** Settings of one listener, or of one mechanism of it: known by the name behind the prefix. */
function scopedShape(sources: readonly ConfigSource[]): Record<string, z.ZodType> {
  const shape: Record<string, z.ZodType> = {};
  for (const key of sources.flatMap(({ values }) => Object.keys(values))) {
    if (!key.startsWith(LISTENER_PREFIX)) continue;
    const definition = findBrokerConfig(key);
    if (definition !== undefined) shape[key] = kafkaValue(definition);
    else if (OWN_TLS_FILES.some((name) => key.endsWith(`.${name}`)))
      shape[key] = z.string().optional();
  }
  return shape;
}

/** A value as a config file may hold it (text, number, flag, list), checked as Kafka does. */
function kafkaValue(definition: ConfigDefinition): z.ZodType {
  return z
    .union([z.string(), z.number(), z.boolean(), z.array(z.string())])
    .transform((value, context) => {
      const parsed = parseConfigValue(definition, String(value));
      if (parsed.ok) return parsed.text;
      context.addIssue({ code: 'custom', message: parsed.message });
      return z.NEVER;
    })
    .optional()
    .meta({
      description: definition.documentation,
      kind: definition.type.toLowerCase(),
      usual: definition.defaultValue,
      needsRestart: definition.dynamic === 'read-only',
    });
}

export interface ListenerAddress {
  readonly name: string;
  readonly protocol: SecurityProtocol;
  readonly host: string;
  readonly port: number;
}

const PROTOCOLS: readonly string[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'];
const PROTOCOL_MAP = 'listener.security.protocol.map';

/** Listener names and their protocols, by `listener.security.protocol.map`. */
export function protocolsOfListeners(text: string): ReadonlyMap<string, SecurityProtocol> {
  const protocols = new Map(PROTOCOLS.map((name) => [name, name as SecurityProtocol]));
  for (const entry of text.split(',').filter((part) => part.trim() !== '')) {
    const [name = '', protocol = ''] = entry.split(':').map((part) => part.trim().toUpperCase());
    if (name === '' || !PROTOCOLS.includes(protocol))
      throw new AppError(
        'invalid_argument',
        `${PROTOCOL_MAP}: "${entry}" is not NAME:PROTOCOL with PROTOCOL one of ${PROTOCOLS.join(', ')}.`,
        { field: PROTOCOL_MAP },
      );
    protocols.set(name, protocol as SecurityProtocol);
  }
  return protocols;
}

const NO_NAMES = protocolsOfListeners('');

/** Parses `NAME://host:port`, NAME being a protocol or a name of the map; `key` is for the message. */
export function parseListener(
  text: string,
  key: string,
  protocols: ReadonlyMap<string, SecurityProtocol> = NO_NAMES,
): ListenerAddress {
  const match = /^([A-Za-z0-9_.-]+):\/\/(\[[0-9a-fA-F:]+\]|[^:/]*):(\d{1,5})$/.exec(text);
  const [, written = '', host = '', port = ''] = match ?? [];
  const name = written.toUpperCase();
  const protocol = protocols.get(name);
  if (match === null || protocol === undefined || Number(port) > 65_535)
    throw new AppError(
      'invalid_argument',
      `${key}: "${text}" is not PROTOCOL://host:port with PROTOCOL one of ${PROTOCOLS.join(', ')}, or a name of ${PROTOCOL_MAP}.`,
      { field: key },
    );
  return { name, protocol, host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** Parses `host:port`, e.g. of `--listen` or `admin.listener`. */
export function parseHostPort(text: string, key: string): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:/]+):(\d{1,5})$/.exec(text);
  const [, host = '', port = ''] = match ?? [];
  if (match === null || Number(port) > 65_535)
    throw new AppError('invalid_argument', `${key}: "${text}" is not host:port.`, { field: key });
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Refuses listeners that would let anyone on a network in, and names that stand twice: a name is a
 * listener's identity. `isGuarded` says whether a TLS listener demands a certificate.
 */
export function refuseOpenListeners(
  listeners: readonly ListenerAddress[],
  isGuarded: (name: string) => boolean = () => false,
): void {
  for (const { protocol, host, name, port } of listeners) {
    const asksNobody = protocol === 'PLAINTEXT' || (protocol === 'SSL' && !isGuarded(name));
    if (asksNobody && !isLoopback(host))
      throw new AppError(
        'invalid_argument',
        `listeners: ${name}://${host}:${port} would be open to anyone who reaches it. ` +
          'Use SASL_PLAINTEXT or SASL_SSL with credentials (bootstrap.credentials.file), SSL with ssl.client.auth=required, or listen on 127.0.0.1.',
        { field: 'listeners' },
      );
    if (listeners.filter((other) => other.name === name).length > 1)
      throw new AppError('invalid_argument', `listeners: the name ${name} stands twice.`, {
        field: 'listeners',
      });
  }
}
