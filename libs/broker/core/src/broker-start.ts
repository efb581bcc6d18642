import {
  bootstrapRecords,
  decideLeadership,
  randomUuid,
  registerBroker,
  SUPPORTED_FEATURES,
  type RegisterValue,
} from '@weirhouse/broker-metadata';
import { kafkaErrorName } from '@weirhouse/kafka-protocol';
import { defaultBrokerRegistrationRequest } from '@weirhouse/kafka-protocol/messages/broker-registration-request';
import { AppError, type Uuid } from '@weirhouse/shared-kernel';

import { INITIAL_FEATURE_LEVELS } from './features.ts';
import type { MetadataWriter } from './metadata-writer.ts';
import { SECURITY_PROTOCOL_IDS, type BrokerOptions } from './options.ts';

/** What taking the lead of the metadata log gives. */
export interface Leadership {
  readonly clusterId: Uuid;
  readonly leaderEpoch: number;
}

type Done<Value> = (error: AppError | undefined, value?: Value) => void;

/**
 * Becomes leader of the metadata log: reads the register, writes this broker with the next epoch. A
 * conflict means that somebody else was faster and is read again; a failed write may have happened, so
 * it is not repeated.
 */
export function takeLead(options: BrokerOptions, done: Done<Leadership>): void {
  options.register.read((outcome) => {
    if (outcome.kind === 'failed') return done(outcome.error);
    const current = outcome.kind === 'value' ? outcome.current : undefined;
    const clusterId =
      options.clusterId ?? current?.value.clusterId ?? randomUuid(options.ports.random);
    const decision = decideLeadership(current?.value, { nodeId: options.nodeId, clusterId });
    if (decision.kind === 'refuse') return done(refusal(decision.reason));
    write(options, current?.version, decision.next, done);
  });
}

function write(
  options: BrokerOptions,
  version: string | undefined,
  next: RegisterValue,
  done: Done<Leadership>,
): void {
  options.register.compareAndSet(version, next, (outcome) => {
    switch (outcome.kind) {
      case 'written':
        return done(undefined, { clusterId: next.clusterId, leaderEpoch: next.leaderEpoch });
      case 'conflict':
        return takeLead(options, done);
      case 'failed':
        return done(outcome.error);
    }
  });
}

function refusal(reason: 'another-cluster' | 'not-in-sync'): AppError {
  const message =
    reason === 'another-cluster'
      ? 'The register belongs to another cluster: check cluster.id and the register.'
      : 'This broker is not in sync with the metadata log, so it may not lead it.';
  return new AppError('failed_precondition', message);
}

/** Writes what a new cluster begins with; nothing when the metadata log has records. */
export function bootstrap(
  options: BrokerOptions,
  metadata: MetadataWriter,
  done: Done<void>,
): void {
  if (metadata.committedOffset >= 0) return done(undefined);
  const { acls, credentials } = options.bootstrap;
  const { crypto, random } = options.ports;
  metadata.submit(
    () => ({
      records: bootstrapRecords({
        random,
        crypto,
        featureLevels: INITIAL_FEATURE_LEVELS,
        credentials,
        acls,
      }),
      response: undefined,
    }),
    () => done(undefined),
    (errorCode) => done(failure('The new cluster could not be written', errorCode)),
  );
}

/** Registers this life of the broker, unfenced because the controller is itself. */
export function registerSelf(
  options: BrokerOptions,
  metadata: MetadataWriter,
  clusterId: Uuid,
  done: Done<void>,
): void {
  const { listeners, logDirectory, nodeId, ports, rack } = options;
  const request = {
    ...defaultBrokerRegistrationRequest(),
    brokerId: nodeId,
    clusterId,
    incarnationId: randomUuid(ports.random),
    rack,
    logDirs: [logDirectory.id],
    listeners: listeners.map((listener) => ({
      name: listener.name,
      host: listener.advertisedHost,
      port: listener.advertisedPort,
      securityProtocol: SECURITY_PROTOCOL_IDS[listener.securityProtocol],
    })),
    features: Array.from(SUPPORTED_FEATURES, ([name, { max, min }]) => ({
      name,
      minSupportedVersion: min,
      maxSupportedVersion: max,
    })),
  };
  metadata.submit(
    (context) => {
      const brokerEpoch = metadata.nextOffset;
      return registerBroker(context, request, { brokerEpoch, sessionAlive: false, fenced: false });
    },
    ({ errorCode }) =>
      done(errorCode === 0 ? undefined : failure('The broker could not register', errorCode)),
    (errorCode) => done(failure('The broker could not register', errorCode)),
  );
}

function failure(message: string, errorCode: number, cause?: unknown): AppError {
  const detail = `${kafkaErrorName(errorCode)} (${errorCode})`;
  return new AppError('unavailable', `${message}.`, { detail, cause });
}
