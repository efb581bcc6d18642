import { Authorizer } from '@weirhouse/broker-metadata';
import type { ConfigResolver, MetadataImage, MetadataRecord } from '@weirhouse/broker-metadata';

import { Access } from './access.ts';
import type { Leadership } from './broker-start.ts';
import { coordinatorsOf } from './coordinators/coordinators.ts';
import { ADVERTISED_APIS } from './dispatch.ts';
import { FetchSessionCache } from './fetch/session-cache.ts';
import { MetadataWriter } from './metadata-writer.ts';
import type { BrokerOptions } from './options.ts';
import type { Partition, Partitions } from './partitions.ts';
import { NO_LIMITS } from './quota/broker-limits.ts';
import { brokerQuotas } from './quota/broker-quotas.ts';
import { StorageAllowance } from './quota/storage-allowance.ts';
import { BrokerMechanisms, credentialChecks } from './sasl/broker-mechanisms.ts';
import type { SaslMechanisms } from './sasl/mechanism.ts';
import type { BrokerServices } from './services.ts';
import type { TimingWheel } from './timing-wheel.ts';

/** What the services of a broker are made of. */
export interface ServiceParts {
  readonly options: BrokerOptions;
  readonly wheel: TimingWheel;
  readonly leadership: Leadership;
  readonly image: MetadataImage;
  readonly configs: ConfigResolver;
  readonly partitions: Partitions;
  /** The partition of the metadata log. */
  readonly log: Partition;
  /** Called when something was appended to any log. */
  readonly appended: () => void;
  /** Replays committed metadata. */
  readonly apply: (records: readonly MetadataRecord[]) => void;
}

/** Makes what handlers use, from an image that is restored. */
export function servicesOf(parts: ServiceParts): BrokerServices {
  const { appended, apply, configs, image, leadership, log, options, partitions, wheel } = parts;
  const { bootstrap, findTlsFault, logDirectory, nodeId, ports, superUsers } = options;
  const { clusterId, leaderEpoch } = leadership;
  const limits = options.limits ?? NO_LIMITS;
  const metadata = new MetadataWriter({
    partition: log,
    context: {
      image,
      configs,
      random: ports.random,
      findTlsFault,
      partitionsMax: () => limits().partitions,
    },
    leaderEpoch,
    clock: ports.clock,
    log: ports.log,
    appended,
    apply,
  });
  const authorizer = new Authorizer({
    acls: image.acls,
    superUsers,
    allowIfNoAcl: configs.brokerFlag('allow.everyone.if.no.acl.found'),
  });
  const slots = configs.brokerNumber('max.incremental.fetch.session.cache.slots');
  return {
    nodeId,
    clusterId,
    ports,
    wheel,
    image,
    configs,
    access: new Access(authorizer),
    metadata,
    partitions,
    logDirectory,
    ...coordinatorsOf({ ports, wheel, image, configs, partitions, metadata, appended }, nodeId),
    fetchSessions: new FetchSessionCache({ random: ports.random, slots }),
    quotas: brokerQuotas({ image, configs, ports, limits }),
    limits,
    storage: new StorageAllowance({
      limits,
      clock: ports.clock,
      sizeBytes: () => partitions.sizeBytes,
    }),
    apis: ADVERTISED_APIS,
    reservedSettings: options.reservedSettings ?? new Set(),
    protectedUsers: new Set(bootstrap.credentials.map(({ name }) => name)),
    appended,
  };
}

/** The mechanisms of each listener with SASL, by its name. */
export function mechanismsOf(
  { listeners, ports, secret, superUsers }: BrokerOptions,
  { configs, image }: BrokerServices,
): ReadonlyMap<string, SaslMechanisms> {
  const checks = credentialChecks(image, ports, { secret, superUsers });
  const mechanisms = new Map<string, SaslMechanisms>();
  for (const { name, securityProtocol, tokenVerifier: verifier } of listeners)
    if (securityProtocol.startsWith('SASL_'))
      mechanisms.set(name, new BrokerMechanisms({ checks, configs, listener: name, verifier }));
  return mechanisms;
}
