import {
  storageFaultOf,
  type CompactionSettings,
  type LogStore,
  type SpaceState,
} from '@weirhouse/broker-log';
import type { AppError } from '@weirhouse/shared-kernel';

import { DISK_CHECK_INTERVAL_MS, PRODUCE_HOLD_MS_MAX } from './limits.ts';
import type { BrokerPorts } from './ports.ts';
import type { Deadline, TimingWheel } from './timing-wheel.ts';

/** What the upkeep needs of the broker. */
export interface LogUpkeepOptions {
  readonly store: LogStore;
  readonly ports: BrokerPorts;
  readonly wheel: TimingWheel;
  /** `log.retention.check.interval.ms` as it is now. */
  readonly retentionIntervalMs: () => number;
  /** The settings of compaction as they are now. */
  readonly compaction: () => CompactionSettings;
  /** Produce requests that were held may start: they are taken, or refused in the protocol's words. */
  readonly onReleased: () => void;
}

/**
 * Keeps the volume going: applies retention, and looks at the volume's room once a second, so that a
 * broker that waits for space goes on by itself, and says so once on the way in and once on the way
 * out. Produce requests wait for a while with their connections, because space often comes back at once; later ones are refused with a retriable error.
 */
export class LogUpkeep {
  readonly #options: LogUpkeepOptions;
  #holdDeadline: Deadline | undefined;
  #isHolding = false;

  constructor(options: LogUpkeepOptions) {
    this.#options = options;
    const { log } = options.ports;
    options.store.onSpace = (state, cause) => this.#onSpace(state, cause);
    options.store.onDamage = ({ path, position, ref }) =>
      log.error({ path, position, topic: ref.topicName, index: ref.index }, 'a batch is damaged');
    options.store.compaction = options.compaction;
    options.store.onCleaned = ({ bytesAfter, bytesBefore, ref }) =>
      log.info(
        { bytesAfter, bytesBefore, topic: ref.topicName, index: ref.index },
        'a log was compacted',
      );
    options.store.onUncleanable = (ref) =>
      log.error({ topic: ref.topicName, index: ref.index }, 'a log cannot be compacted');
    options.store.onScrubbed = (pass) => {
      if (pass.segmentCount > 0) log.info(pass, 'all closed segments were checked');
    };
    this.#tick();
  }

  /** Begins to apply retention, now that the logs are open. */
  startRetention(): void {
    const { retentionIntervalMs, wheel } = this.#options;
    const onExpired = () => this.#applyRetention(() => this.startRetention());
    wheel.schedule(retentionIntervalMs(), { onExpired });
  }

  /** True while produce requests are held for the disk to have room. */
  get isHolding(): boolean {
    return this.#isHolding;
  }

  #applyRetention(done: () => void): void {
    const { ports, store } = this.#options;
    store.applyRetention(ports.clock.wallMs(), (error) => {
      if (error !== undefined) ports.log.warn({ error }, 'retention could not be applied');
      done();
    });
  }

  #tick(): void {
    const { ports, store, wheel } = this.#options;
    store.upkeep(ports.clock.wallMs());
    wheel.schedule(DISK_CHECK_INTERVAL_MS, { onExpired: () => this.#tick() });
  }

  #onSpace(state: SpaceState, error: AppError | undefined): void {
    const { ports, store, wheel } = this.#options;
    const fields = { freeBytes: store.freeBytes };
    wheel.cancel(this.#holdDeadline);
    this.#isHolding = state !== 'open';
    if (state === 'open') {
      ports.log.info(fields, 'the disk has room again: producers go on');
      return;
    }
    if (state === 'low')
      ports.log.warn(fields, 'the disk is nearly full: producers wait until there is room');
    else {
      const message = 'the disk is full: nothing is written until there is room, reads go on';
      const isOfFiles = storageFaultOf(error) === 'no_files';
      ports.log.warn({ ...fields, error }, isOfFiles ? 'too many files are open' : message);
    }
    this.#holdDeadline = wheel.schedule(PRODUCE_HOLD_MS_MAX, {
      onExpired: () => {
        this.#isHolding = false;
        this.#options.onReleased();
      },
    });
    // What makes room does not wait for its turn.
    this.#applyRetention(() => undefined);
  }
}
