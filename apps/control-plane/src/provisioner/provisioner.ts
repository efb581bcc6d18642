import type { BrokerLimits, ObservedBroker } from '@weirhouse/cloud-plan';
import type { Secret } from '@weirhouse/shared-kernel';

/** Names one broker of one cluster. */
export interface BrokerRef {
  /** `lkc-...` */
  readonly clusterId: string;
  readonly nodeId: number;
}

/** Where a broker listens. */
export interface BrokerPorts {
  readonly host: string;
  /** Kafka protocol. */
  readonly clientPort: number;
  /** HTTP: liveness, readiness, metrics. */
  readonly adminPort: number;
}

/** Everything that decides how a broker runs; the same spec gives the same broker. */
export interface BrokerSpec extends BrokerRef {
  readonly ports: BrokerPorts;
  /** Told to clients as the broker's rack. */
  readonly zone: string;
  readonly limits: BrokerLimits;
  /** The super user that the control plane logs in with. */
  readonly controlUser: { readonly name: string; readonly password: Secret };
}

/** A broker that the database knows, with its ports once they are allocated. */
export interface ExpectedBroker {
  readonly nodeId: number;
  readonly ports: BrokerPorts | undefined;
  /** How it should run; undefined = it is not wanted (any more), and nothing can be wrong with it. */
  readonly wanted: { readonly zone: string; readonly limits: BrokerLimits } | undefined;
}

/**
 * Runs brokers somewhere: child processes here, pods later. Every method may be called again after
 * a crash at any point and has the same end. Nothing but `remove` deletes data.
 */
export interface Provisioner {
  /**
   * Two ports that are not in `used` and that nobody listens on now. Throws `quota_exceeded` when
   * the range is used up.
   */
  choosePorts(used: ReadonlySet<number>): Promise<BrokerPorts>;

  /**
   * Writes the broker's configuration and starts it when no process of it is alive. Returns before
   * it is ready. Throws `failed_precondition` when a port is taken.
   */
  ensureBroker(spec: BrokerSpec): Promise<void>;

  /**
   * Tells a running broker its limits. Returns before they are in effect; `observe` sees when they
   * are. Nothing happens to a broker that was never made.
   */
  applyLimits(ref: BrokerRef, limits: BrokerLimits): Promise<void>;

  /**
   * The state of the expected brokers and of any other that has a folder here. A failed observation
   * is the state `unknown`, not an error.
   */
  observe(
    clusterId: string,
    expected: readonly ExpectedBroker[],
  ): Promise<readonly ObservedBroker[]>;

  /**
   * Ends the process: asks, waits, and kills last. The data stays. Throws `timeout` when the process
   * outlives even that.
   */
  stop(ref: BrokerRef): Promise<void>;

  /** Deletes the broker's folder. Throws `failed_precondition` while its process is alive. */
  remove(ref: BrokerRef): Promise<void>;

  /** Deletes what is left of a cluster without brokers. Throws `failed_precondition` while it has any. */
  removeCluster(clusterId: string): Promise<void>;

  /** Ends every broker process on record, for an orderly shutdown of the whole house. */
  stopAll(): Promise<void>;

  /** Calls `listener` with a cluster's id when something there may have changed; only a hint. */
  onChange(listener: (clusterId: string) => void): () => void;

  /** Stops watching. Brokers go on serving. */
  close(): void;
}
