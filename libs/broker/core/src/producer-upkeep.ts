import type { LateTransaction, LogStore } from '@weirhouse/broker-log';
import type { ConfigResolver } from '@weirhouse/broker-metadata';

import { LATE_TRANSACTION_MARGIN_MS } from './limits.ts';
import type { BrokerPorts } from './ports.ts';
import type { TimingWheel } from './timing-wheel.ts';

/** Late transactions named in one line of the log. */
const NAMED_MAX = 10;

/** What the upkeep of producers needs of the broker. */
export interface ProducerUpkeepOptions {
  readonly store: LogStore;
  readonly configs: ConfigResolver;
  readonly ports: BrokerPorts;
  readonly wheel: TimingWheel;
}

/**
 * Looks at what partitions know of producers from time to time, every ten minutes by default: forgets the silent ones, and tells the
 * operator of transactions that no coordinator ended. Those keep readers of committed records waiting
 * and compaction from going on, until `kafka-transactions --abort` ends them.
 */
export class ProducerUpkeep {
  readonly #options: ProducerUpkeepOptions;
  /** Partitions with a late transaction at the last look. */
  lateTransactionCount = 0;

  constructor(options: ProducerUpkeepOptions) {
    this.#options = options;
    this.#lookLater();
  }

  #lookLater(): void {
    const onExpired = () => {
      this.#look();
      this.#lookLater();
    };
    const { configs, wheel } = this.#options;
    wheel.schedule(configs.brokerNumber('producer.id.expiration.check.interval.ms'), { onExpired });
  }

  #look(): void {
    const { configs, ports, store } = this.#options;
    const nowMs = ports.clock.wallMs();
    // A producer that was silent for exactly that long is forgotten too.
    store.expireProducers(nowMs - configs.brokerNumber('producer.id.expiration.ms') + 1);
    const timeoutMs = configs.brokerNumber('transaction.max.timeout.ms');
    const late = store.findLateTransactions(nowMs - timeoutMs - LATE_TRANSACTION_MARGIN_MS);
    if (late.length > this.lateTransactionCount) {
      const fields = { count: late.length, transactions: late.slice(0, NAMED_MAX).map(describe) };
      ports.log.warn(fields, 'transactions are open for longer than any may be');
    }
    this.lateTransactionCount = late.length;
  }
}

function describe({ firstOffset, index, producerId, topicName }: LateTransaction): string {
  return `${topicName}-${index} from offset ${firstOffset} by producer ${producerId}`;
}
