import { LogStore, type PartitionLog } from '@weirhouse/broker-log';
import {
  ConfigResolver,
  MetadataImage,
  type MetadataRecord,
  type TopicImage,
} from '@weirhouse/broker-metadata';
import { AppError, assert } from '@weirhouse/shared-kernel';

import { openInBackground } from './background-opening.ts';
import { mechanismsOf, servicesOf } from './broker-services.ts';
import { bootstrap, registerSelf, takeLead, type Leadership } from './broker-start.ts';
import { type BrokerState, type BrokerStatus, statusOf } from './broker-status.ts';
import { BrokerConnection, type ConnectionOptions } from './connection.ts';
import { HANDLERS } from './dispatch.ts';
import type { AnyHandler } from './handler.ts';
import { METADATA_TOPIC, METADATA_TOPIC_ID } from './internal-topics.ts';
import {
  AUTHENTICATION_MS_MAX,
  PRE_AUTH_FRAME_BYTES_MAX,
  QUEUED_FRAME_BYTES_TOTAL_MAX,
} from './limits.ts';
import { LogUpkeep } from './log-upkeep.ts';
import { compactionOf, logConfigOf, metadataLogConfig } from './log-settings.ts';
import { OpenConnections } from './open-connections.ts';
import type { BrokerOptions } from './options.ts';
import { Partitions } from './partitions.ts';
import type { BrokerPorts } from './ports.ts';
import { ProducerUpkeep } from './producer-upkeep.ts';
import { connectionLimits } from './quota/broker-quotas.ts';
import type { ConnectionLimits } from './quota/connection-gate.ts';
import type { SaslMechanisms } from './sasl/mechanism.ts';
import { type MetadataSnapshots, startSnapshots } from './snapshots/metadata-snapshots.ts';
import { restoreMetadata } from './snapshots/restore-metadata.ts';
import type { BrokerServices } from './services.ts';
import { TimingWheel } from './timing-wheel.ts';
import { UsageLedger } from './usage/usage-ledger.ts';
import { reportUsage, type UsageReport } from './usage/usage-report.ts';

/** One broker: owns the logs, the image, the groups and the connections. */
export class Broker {
  readonly ports: BrokerPorts;
  readonly wheel: TimingWheel;
  /** What clients have used since the start. */
  readonly usage = new UsageLedger();
  readonly #options: BrokerOptions;
  readonly #connections: OpenConnections;
  #state: BrokerState = 'new';
  #failure: AppError | undefined;
  #store: LogStore | undefined;
  #upkeep: LogUpkeep | undefined;
  #producers: ProducerUpkeep | undefined;
  #services: BrokerServices | undefined;
  #leadership: Leadership | undefined;
  #snapshots: MetadataSnapshots | undefined;
  #mechanisms: ReadonlyMap<string, SaslMechanisms> = new Map();
  #isFlushPlanned = false;
  #queuedBytes = 0;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.ports = options.ports;
    this.wheel = new TimingWheel(options.ports.clock, options.ports.timers);
    this.#connections = new OpenConnections(options.ports, this.wheel);
  }

  /** Opens the logs, takes the lead, builds the image, registers. Connections are served after `done`. */
  start(done: (error: AppError | undefined) => void): void {
    assert(this.#state === 'new', 'a broker starts once');
    this.#state = 'starting';
    let isFinished = false;
    const finish = (error: AppError | undefined): void => {
      if (isFinished) return;
      isFinished = true;
      if (error === undefined && this.#state === 'starting') this.#state = 'running';
      else
        this.#fail(error ?? this.#failure ?? new AppError('internal', 'The start was given up.'));
      done(this.#failure);
    };
    LogStore.open(this.#options.storage, (error, store) => {
      if (error !== undefined || store === undefined) return finish(error);
      this.#store = store;
      store.onDurable = (logs) => this.#onDurable(logs);
      store.onWritable = () => this.#resumeProduce();
      store.onFailure = (failure) => this.#fail(failure);
      // Until the broker serves nobody waits with it: whoever starts it is told, and tries again.
      store.onSpace = (state) => {
        if (state === 'full') finish(new AppError('storage', 'The disk is full.'));
      };
      takeLead(this.#options, (leadError, leadership) => {
        if (leadError !== undefined || leadership === undefined) return finish(leadError);
        this.#leadership = leadership;
        this.#buildImage(store, leadership, finish);
      });
    });
  }

  /**
   * Answers what is in work, at once where a request only waits for others, and ends the connections;
   * `done` runs when the last is gone. New ones must not be made any more. `shutdown` follows, also
   * when that takes too long.
   */
  drain(done: () => void): void {
    if (this.#state !== 'running') return done();
    this.#state = 'draining';
    this.#closeCoordinators();
    this.#connections.drain(done);
  }

  /** Stops serving and writes everything behind; `done` runs when the process may end. */
  shutdown(done: () => void): void {
    if (this.#state === 'stopping' || this.#state === 'stopped') return done();
    const hadFailed = this.#state === 'failed';
    this.#state = 'stopping';
    this.#connections.closeAll();
    this.#closeCoordinators();
    this.#snapshots?.stop();
    this.wheel.clear();
    const finish = (): void => {
      this.#state = 'stopped';
      done();
    };
    if (this.#store === undefined || hadFailed) return finish();
    this.#store.close((error) => {
      if (error !== undefined) this.ports.log.error({ error }, 'the logs could not be closed');
      finish();
    });
  }

  /** A snapshot for readiness and metrics. */
  status(): BrokerStatus {
    return statusOf({
      state: this.#state,
      failure: this.#failure,
      leadership: this.#leadership,
      services: this.#services,
      store: this.#store,
      producers: this.#producers,
      snapshots: this.#snapshots,
      connections: this.#connections.size,
      waiting: this.wheel.size,
    });
  }

  /** What clients have used, and what is kept for them now. Only for a broker that has started. */
  usageReport(): UsageReport {
    const report = reportUsage(this.usage, this.services, this.#connections.size);
    this.usage.prune(this.ports.clock.monotonicMs());
    return report;
  }

  /** What handlers use. Only for a broker that has started. */
  get services(): BrokerServices {
    assert(this.#services !== undefined, 'the broker has not started');
    return this.#services;
  }

  /** True while there is no room for records: produce requests wait with their connections. */
  get isProducePaused(): boolean {
    const { isFull = false, space } = this.#store ?? {};
    return isFull && (space === 'open' || this.#upkeep?.isHolding === true);
  }

  /** The longest frame of an authenticated connection. */
  get requestBytesMax(): number {
    return this.services.configs.brokerNumber('socket.request.max.bytes');
  }

  /** The limits on new connections of a listener; undefined before the settings are known. */
  connectionLimits(listener: string): ConnectionLimits | undefined {
    return this.#services === undefined ? undefined : connectionLimits(listener, this.#services);
  }

  /** The mechanisms of a listener with SASL; undefined for the others. */
  mechanismsOf(listenerName: string): SaslMechanisms | undefined {
    const isListener = this.#options.listeners.some(({ name }) => name === listenerName);
    assert(isListener, 'the listener is one of this broker');
    return this.#mechanisms.get(listenerName);
  }

  /** Time a client has to authenticate. */
  get authenticationMsMax(): number {
    return this.#options.authenticationMsMax ?? AUTHENTICATION_MS_MAX;
  }

  /** The longest frame before that; a larger setting is cut, for every stranger can make us hold so much. */
  get loginBytesMax(): number {
    const wanted = this.services.configs.brokerNumber('sasl.server.max.receive.size');
    return Math.min(wanted, PRE_AUTH_FRAME_BYTES_MAX);
  }

  /** How long the answer to a refused login is held back. */
  get authenticationDelayMs(): number {
    return this.services.configs.brokerNumber('connection.failed.authentication.delay.ms');
  }

  /** The handler of an API key that is served. */
  findHandler(apiKey: number): AnyHandler | undefined {
    return HANDLERS.get(apiKey);
  }

  /** A new connection; the shell makes one for every socket. */
  connect(options: ConnectionOptions): BrokerConnection {
    assert(this.#state === 'running', 'only a running broker takes connections');
    return new BrokerConnection(this, options);
  }

  onConnectionOpened(connection: BrokerConnection): void {
    this.#connections.add(connection);
  }

  onConnectionClosed(connection: BrokerConnection): void {
    this.#connections.remove(connection);
  }

  /** `connection.pump()` is called when there is room for records again. */
  awaitProduce(connection: BrokerConnection): void {
    this.#connections.awaitRoom(connection);
  }

  /** Counts bytes of frames that wait; false when the budget is spent. Negative gives back. */
  takeQueueBytes(bytes: number): boolean {
    const most = this.#options.queuedBytesMax ?? QUEUED_FRAME_BYTES_TOTAL_MAX;
    if (bytes > 0 && this.#queuedBytes + bytes > most) return false;
    this.#queuedBytes += bytes;
    return true;
  }

  #buildImage(
    store: LogStore,
    leadership: Leadership,
    done: (error: AppError | undefined) => void,
  ): void {
    const { nodeId, settings } = this.#options;
    const image = new MetadataImage({ clusterId: leadership.clusterId });
    const configs = new ConfigResolver(image.configs, { brokerId: nodeId, values: settings });
    const configOf = (name: string) =>
      logConfigOf(configs.topicConfig(name), {
        verifiesTransactions: configs.brokerFlag('transaction.partition.verification.enable'),
        acknowledge: this.#options.acknowledge ?? 'durable',
      });
    const onDamaged = (topic: TopicImage, index: number, error: AppError): void =>
      this.ports.log.error({ error, topic: topic.name, index }, 'a partition is damaged');
    const partitions = new Partitions({ nodeId, image, store, configOf, onDamaged });
    const metadataRef = { topicId: METADATA_TOPIC_ID, topicName: METADATA_TOPIC, index: 0 };
    const log = partitions.openInternal(metadataRef, metadataLogConfig(configs));
    const folder = `${METADATA_TOPIC}-0`;
    const { disk } = this.#options.storage;
    const from = { disk, folder, partition: log, image, log: this.ports.log };
    restoreMetadata(from, (restoreError, restored) => {
      if (restoreError !== undefined || restored === undefined) return done(restoreError);
      const services = servicesOf({
        options: this.#options,
        wheel: this.wheel,
        leadership,
        image,
        configs,
        partitions,
        log,
        appended: () => this.#planFlush(),
        apply: (records) => this.#apply(records),
      });
      this.#services = services;
      this.#mechanisms = mechanismsOf(this.#options, services);
      bootstrap(this.#options, services.metadata, (bootstrapError) => {
        if (bootstrapError !== undefined) return done(bootstrapError);
        registerSelf(this.#options, services.metadata, leadership.clusterId, (error) => {
          if (error !== undefined) return done(error);
          partitions.removeLeftovers(restored.removedTopics, this.#onDeletionError);
          this.#snapshots = startSnapshots(services, { ...from, restored }, (failure) =>
            this.#fail(failure),
          );
          services.groups.loadAll();
          services.transactions.coordinator.loadAll();
          this.#connections.closeIdle(() => configs.brokerNumber('connections.max.idle.ms'));
          const upkeep = this.#keepUp(store, configs);
          this.#producers = new ProducerUpkeep({
            store,
            configs,
            ports: this.ports,
            wheel: this.wheel,
          });
          openInBackground(services, () => upkeep.startRetention());
          done(undefined);
        });
      });
    });
  }

  /** Replays committed metadata and lets logs, groups and waiting clients know. */
  #apply(records: readonly MetadataRecord[]): void {
    const { groups, image, partitions, transactions } = this.services;
    const removed: TopicImage[] = [];
    let isConfigChanged = false;
    for (const record of records) {
      if (record.kind === 'removeTopic') {
        const topic = image.topics.findById(record.body.topicId);
        if (topic !== undefined) removed.push(topic);
      }
      isConfigChanged ||= record.kind === 'config';
      image.replay(record);
    }
    if (isConfigChanged) partitions.onConfigsChanged();
    for (const topic of removed) partitions.onTopicRemoved(topic, this.#onDeletionError);
    if (removed.length > 0) {
      groups.onTopicsDeleted(removed);
      transactions.coordinator.onTopicsDeleted(removed);
    }
    this.#snapshots?.check();
  }

  readonly #onDeletionError = (error: Error): void =>
    this.ports.log.error({ error }, 'a deleted topic left files behind');

  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    this.ports.afterTurn(() => {
      this.#isFlushPlanned = false;
      this.#store?.flush();
    });
  }

  #onDurable(logs: readonly PartitionLog[]): void {
    this.#services?.partitions.onDurable(logs);
  }

  #resumeProduce(): void {
    if (!this.isProducePaused) this.#connections.onRoom();
  }

  #keepUp(store: LogStore, configs: ConfigResolver): LogUpkeep {
    this.#upkeep = new LogUpkeep({
      store,
      ports: this.ports,
      wheel: this.wheel,
      retentionIntervalMs: () => configs.brokerNumber('log.retention.check.interval.ms'),
      compaction: () => compactionOf(configs),
      onReleased: () => this.#resumeProduce(),
    });
    return this.#upkeep;
  }

  /** Whoever waits for others in a group, or for the end of a transaction, is told to look elsewhere. */
  #closeCoordinators(): void {
    this.#services?.groups.close();
    this.#services?.transactions.coordinator.close();
  }

  #fail(error: AppError): void {
    if (this.#state === 'failed' || this.#state === 'stopped') return;
    const wasServing = this.#state === 'running' || this.#state === 'draining';
    this.#state = 'failed';
    this.#failure = error;
    this.#services?.partitions.onFailed();
    // A failed start is told by whoever started it.
    if (!wasServing) return;
    this.ports.log.error({ error }, 'the broker failed');
    this.#options.onFailure(error);
  }
}
