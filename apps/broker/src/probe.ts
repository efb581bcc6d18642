import type { BrokerStatus, Probe } from '@weirhouse/broker-core';
import { kafkaErrorName } from '@weirhouse/kafka-protocol';
import { Counter, Gauge, type Registry } from 'prom-client';
import { COMPACTION_GAUGES } from './compaction-gauges.ts';
import { requestMetrics } from './request-metrics.ts';
import type { SlowRequests } from './slow-requests.ts';
import type { WalMode } from './storage/wal-file.ts';

/** The broker's metrics. Labels are API names, error names and mechanisms: closed sets, no tenant's names. */
export function createProbe(registry: Registry, slow: SlowRequests): Probe {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ name: `weirhouse_broker_${name}`, help, labelNames: [...labelNames], registers });
  /** Counted for every request, so beside the registry; see `requestMetrics`. */
  const bytesOf = { requests: 0, produced: 0, fetched: 0 };
  const total = (name: string, help: string, read: () => number): void => {
    const metric: Counter = new Counter({
      name: `weirhouse_broker_${name}`,
      help,
      registers,
      collect: () => {
        metric.reset();
        metric.inc(read());
      },
    });
  };
  total('request_bytes_total', 'Bytes of requests.', () => bytesOf.requests);
  total('produced_bytes_total', 'Record bytes taken from clients.', () => bytesOf.produced);
  total('fetched_bytes_total', 'Record bytes handed to clients.', () => bytesOf.fetched);
  const errors = counter('request_errors_total', 'Answers with an error by API and error.', [
    'api',
    'error',
  ]);
  const expired = counter('sessions_expired_total', 'Connections closed at the end of a session.');
  const logins = counter('authentications_total', 'Logins by mechanism and result.', [
    'mechanism',
    'result',
  ]);
  const throttles = counter('throttled_answers_total', 'Answers held back, by quota.', ['quota']);
  const throttleTime = counter(
    'throttle_seconds_total',
    'Time clients were told to wait, by quota.',
    ['quota'],
  );
  const connections = new Gauge({
    name: 'weirhouse_broker_connections',
    help: 'Open client connections.',
    registers,
  });
  const ofApi = requestMetrics(registry);
  return {
    onRequest(apiKey, _version, bytes) {
      ofApi(apiKey).requests++;
      bytesOf.requests += bytes;
    },
    onResponse(call) {
      const { apiKey, errorCode } = call;
      const tally = ofApi(apiKey);
      tally.onAnswer(call);
      const { api } = tally;
      slow.look(call, api);
      if (errorCode !== 0) errors.inc({ api, error: kafkaErrorName(errorCode) });
    },
    onConnection: (change) => connections.inc(change),
    onThrottled: (quota, throttleMs) => {
      throttles.inc({ quota });
      throttleTime.inc({ quota }, throttleMs / 1000);
    },
    onAuthentication: (mechanism, result) => logins.inc({ mechanism, result }),
    onSessionExpired: () => expired.inc(),
    onProduced: (_topic, bytes) => {
      bytesOf.produced += bytes;
    },
    onFetched: (_topic, bytes) => {
      bytesOf.fetched += bytes;
    },
  };
}

/** What a listener counts of connections it did not keep. */
export interface ConnectionLosses {
  readonly refused: ReadonlyMap<string, number>;
  readonly stalled: number;
  readonly failedHandshakes: number;
}

/** Counts of connections that listeners refused or gave up, read when somebody scrapes. */
export function collectLosses(registry: Registry, listeners: readonly ConnectionLosses[]): void {
  const registers = [registry];
  const refused: Gauge = new Gauge({
    name: 'weirhouse_broker_connections_refused',
    help: 'Connections that were not kept, by the limit that was reached.',
    labelNames: ['reason'],
    registers,
    collect: () => {
      refused.reset();
      for (const listener of listeners)
        for (const [reason, count] of listener.refused) refused.inc({ reason }, count);
    },
  });
  const handshakes: Gauge = new Gauge({
    name: 'weirhouse_broker_tls_handshakes_failed',
    help: 'Connections closed: no TLS, or a certificate that names nobody.',
    registers,
    collect: () => handshakes.set(listeners.reduce((sum, of) => sum + of.failedHandshakes, 0)),
  });
  const stalled: Gauge = new Gauge({
    name: 'weirhouse_broker_connections_stalled',
    help: 'Connections closed: they took no answers.',
    registers,
    collect: () => stalled.set(listeners.reduce((sum, listener) => sum + listener.stalled, 0)),
  });
}

/** How records are made durable, as a label: the fastest way that the volume has. */
export function collectWalMode(registry: Registry, mode: WalMode): void {
  const gauge = new Gauge({
    name: 'weirhouse_broker_wal_mode_info',
    help: 'How the write-ahead log is written: direct, dsync or fdatasync, the fastest that the volume has.',
    labelNames: ['mode'],
    registers: [registry],
  });
  gauge.set({ mode }, 1);
}

/** Gauges of the broker's state, read when somebody scrapes. */
export function collectStatus(registry: Registry, status: () => BrokerStatus): void {
  const gauge = (name: string, help: string, read: (status: BrokerStatus) => number): void => {
    const metric: Gauge = new Gauge({
      name: `weirhouse_broker_${name}`,
      help,
      registers: [registry],
      collect: () => metric.set(read(status())),
    });
  };
  gauge('topics', 'Topics in the metadata image.', ({ topics }) => topics);
  gauge('partitions', 'Partitions in the metadata image.', ({ partitions }) => partitions);
  gauge('open_partitions', 'Partitions whose logs are open.', (now) => now.openPartitions);
  gauge('groups', 'Consumer groups.', ({ groups }) => groups);
  gauge('transactional_ids', 'Transactional ids.', (now) => now.transactions.transactionalIds);
  gauge('open_transactions', 'Transactions that are open.', (now) => now.transactions.open);
  gauge(
    'ending_transactions',
    'Decided transactions whose markers are on their way.',
    (now) => now.transactions.ending,
  );
  gauge('fetch_sessions', 'Remembered fetch sessions.', (now) => now.fetchSessions);
  gauge('waiting_requests', 'Requests that wait for records or time.', ({ waiting }) => waiting);
  gauge('metadata_queue', 'Metadata operations that wait.', ({ metadataQueue }) => metadataQueue);
  gauge(
    'metadata_records_behind_snapshot',
    'Metadata records that a start would have to replay.',
    ({ metadataTail }) => metadataTail,
  );
  gauge('produce_paused', '1 while producers wait for room.', (now) => Number(now.isProducePaused));
  gauge(
    'partitions_with_late_transactions',
    'Partitions with a transaction that no coordinator ended in time, as of the last ten minutes.',
    (now) => now.lateTransactions,
  );
  gauge(
    'read_held_bytes',
    'Memory of reads from files and of copies that clients have not taken yet.',
    (now) => now.readBytesHeld,
  );
  gauge('disk_free_bytes', 'Free bytes of the volume.', (now) => now.diskFreeBytes);
  gauge(
    'disk_space_state',
    'Room on the volume: 0 enough, 1 less than the reserve, 2 a write found none.',
    (now) => ['open', 'low', 'full'].indexOf(now.diskSpace),
  );
  gauge(
    'damaged_partitions',
    'Partitions that cannot be served: their files are damaged.',
    (now) => now.damagedPartitions,
  );
  gauge(
    'damaged_segments',
    'Segments in which a damaged batch was found since the start.',
    (now) => now.damagedSegments,
  );
  gauge(
    'scrubbed_bytes',
    'Bytes of closed segments that were read and checked since the start.',
    (now) => now.scrubbedBytes,
  );
  for (const { help, name, read } of COMPACTION_GAUGES)
    gauge(name, help, ({ compaction }) => read(compaction));
  gauge('metadata_leader_epoch', 'Epoch of the metadata leader.', (now) => now.leaderEpoch);
}

/** Counts of what listeners load while they serve. */
export interface MaterialCounts {
  /** Keys of bearer tokens were loaded, or not. */
  onKeys(ok: boolean): void;
  /** The files of a listener's certificate changed and were taken, or not. */
  onCertificate(ok: boolean): void;
}

/** Metrics of keys and certificates. */
export function countMaterial(registry: Registry): MaterialCounts {
  const counter = (name: string, help: string) =>
    new Counter({
      name: `weirhouse_broker_${name}`,
      help,
      labelNames: ['result'],
      registers: [registry],
    });
  const keys = counter('token_key_loads_total', 'Loads of the keys of bearer tokens by result.');
  const certificates = counter('certificate_reloads_total', 'Changed certificates by result.');
  return {
    onKeys: (ok) => keys.inc({ result: ok ? 'ok' : 'failed' }),
    onCertificate: (ok) => certificates.inc({ result: ok ? 'ok' : 'failed' }),
  };
}

/** Gauge of the ends of the listeners' certificates, read when somebody scrapes. */
export function collectCertificates(
  registry: Registry,
  listeners: readonly { readonly name: string; readonly expiresMs: () => number | undefined }[],
): void {
  const metric: Gauge<'listener'> = new Gauge({
    name: 'weirhouse_broker_certificate_expiry_timestamp_seconds',
    help: 'When the certificate of a listener ends, in seconds since 1970.',
    labelNames: ['listener'],
    registers: [registry],
    collect: () => {
      for (const { expiresMs, name } of listeners) {
        const endMs = expiresMs();
        if (endMs !== undefined) metric.set({ listener: name }, endMs / 1_000);
      }
    },
  });
}
