/**
 * What the platform lets this broker be used for altogether. No client can see or change these: they
 * stand beside the settings and quotas that clients have a say in, and what is smaller counts.
 */
export interface BrokerLimits {
  /** Partitions of the whole cluster. */
  readonly partitions?: number | undefined;
  /** Connections that are open at the same time. */
  readonly connections?: number | undefined;
  /** Record bytes per second that all clients together may send. */
  readonly ingressBytesPerSecond?: number | undefined;
  /** Record bytes per second that all clients together may fetch. */
  readonly egressBytesPerSecond?: number | undefined;
  /** Bytes of logs; what is written in the second in which they are reached is kept. */
  readonly storageBytes?: number | undefined;
}

/** Gives the limits of the moment: they change while the broker serves. */
export type LimitsSource = () => BrokerLimits;

/** For brokers that nobody limits. */
export const NO_LIMITS: LimitsSource = () => ({});
