import { AppError, type Uuid } from '@weirhouse/shared-kernel';
import type { BrokerRegistrationChangeRecord } from '@weirhouse/kafka-protocol/messages/broker-registration-change-record';
import type { RegisterBrokerRecord } from '@weirhouse/kafka-protocol/messages/register-broker-record';

/** Where a broker is reached on one of its listeners. */
export interface BrokerEndpoint {
  readonly host: string;
  readonly port: number;
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number;
}

/** Feature versions a broker can work with. */
export interface FeatureRange {
  readonly min: number;
  readonly max: number;
}

/** A registered broker. While `fenced` it leads nothing and clients are not told of it. */
export interface BrokerImage {
  readonly id: number;
  /** Offset of its registration record: tells two lives of the same broker apart. */
  readonly epoch: number;
  readonly incarnationId: Uuid;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  readonly rack: string | null;
  readonly endpoints: ReadonlyMap<string, BrokerEndpoint>;
  readonly features: ReadonlyMap<string, FeatureRange>;
  readonly logDirs: readonly Uuid[];
}

/** Meaning of the int8 fields of BrokerRegistrationChangeRecord. */
const FENCE = 1;
const UNFENCE = -1;
const BEGIN_CONTROLLED_SHUTDOWN = 1;

/** All registered brokers. Changed only by `MetadataImage.replay`. */
export class BrokersImage {
  readonly #byId = new Map<number, BrokerImage>();

  /** Registered brokers in the order they first registered. */
  list(): readonly BrokerImage[] {
    return [...this.#byId.values()];
  }

  /** Brokers that may lead and be shown to clients. */
  listActive(): readonly BrokerImage[] {
    return this.list().filter((broker) => isActive(broker));
  }

  find(id: number): BrokerImage | undefined {
    return this.#byId.get(id);
  }

  /** True for a registered broker that may lead and be shown to clients. */
  isActive(id: number): boolean {
    const broker = this.#byId.get(id);
    return broker !== undefined && isActive(broker);
  }

  register(record: RegisterBrokerRecord): void {
    this.#byId.set(record.brokerId, {
      id: record.brokerId,
      epoch: record.brokerEpoch,
      incarnationId: record.incarnationId,
      fenced: record.fenced,
      inControlledShutdown: record.inControlledShutdown,
      rack: record.rack,
      endpoints: new Map(record.endPoints.map(({ name, ...endpoint }) => [name, endpoint])),
      features: new Map(
        record.features.map((feature) => [
          feature.name,
          { min: feature.minSupportedVersion, max: feature.maxSupportedVersion },
        ]),
      ),
      logDirs: record.logDirs,
    });
  }

  unregister(id: number, epoch: number): void {
    this.#get(id, epoch);
    this.#byId.delete(id);
  }

  setFenced(id: number, epoch: number, fenced: boolean): void {
    this.#byId.set(id, { ...this.#get(id, epoch), fenced });
  }

  change(record: BrokerRegistrationChangeRecord): void {
    const broker = this.#get(record.brokerId, record.brokerEpoch);
    const { fenced, inControlledShutdown, logDirs } = record;
    this.#byId.set(broker.id, {
      ...broker,
      fenced: fenced === FENCE || (fenced !== UNFENCE && broker.fenced),
      inControlledShutdown:
        broker.inControlledShutdown || inControlledShutdown === BEGIN_CONTROLLED_SHUTDOWN,
      logDirs: logDirs.length === 0 ? broker.logDirs : logDirs,
    });
  }

  #get(id: number, epoch: number): BrokerImage {
    const broker = this.#byId.get(id);
    if (broker?.epoch === epoch) return broker;
    throw new AppError('corrupt', `A metadata record names broker ${id} of epoch ${epoch}.`);
  }
}

/** True when a broker may lead partitions and be shown to clients. */
export function isActive(broker: BrokerImage): boolean {
  return !broker.fenced && !broker.inControlledShutdown;
}
