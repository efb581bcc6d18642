import { Inject, Injectable } from '@nestjs/common';
import type { ClusterPlace } from '@weirhouse/cloud-contract';
import type { BrokerAddress } from '@weirhouse/kafka-client';
import { Secret } from '@weirhouse/shared-kernel';
import { DATABASE, type Database } from '../database/database.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { openSecret } from '../secrets/envelope.ts';

/** A cluster and how the platform itself logs in to its brokers. */
export interface KafkaAccess {
  readonly organizationId: string;
  readonly environmentId: string;
  readonly clusterId: string;
  /** Empty until the brokers have their ports. */
  readonly bootstrap: readonly BrokerAddress[];
  readonly username: string;
  readonly password: Secret;
}

/** Where clusters are reached, from the database. The look-up names the organization. */
@Injectable()
export class KafkaAccessRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Undefined also when the cluster is being deleted. */
  async find(organizationId: string, clusterId: string): Promise<KafkaAccess | undefined> {
    const row = await this.database.kafkaCluster.findFirst({
      where: { id: clusterId, organizationId, deletionRequestedAt: null },
      include: { brokers: { orderBy: { nodeId: 'asc' } }, credential: true },
    });
    if (!row?.credential) return undefined;
    const { secretEncrypted, username } = row.credential;
    const password = openSecret(this.ports.masterKey, secretEncrypted, clusterId);
    return {
      organizationId,
      environmentId: row.environmentId,
      clusterId,
      bootstrap: row.brokers.map(({ host, clientPort }) => ({ host, port: clientPort })),
      username,
      password: new Secret(password.toString('utf8')),
    };
  }
  /** Every cluster of an organization, or only the one that a key is for; not those being deleted. */
  async list(organizationId: string, clusterId?: string): Promise<readonly ClusterPlace[]> {
    const only = clusterId === undefined ? {} : { id: clusterId };
    const rows = await this.database.kafkaCluster.findMany({
      where: { organizationId, deletionRequestedAt: null, ...only },
      select: { environmentId: true, id: true },
    });
    return rows.map(({ environmentId, id }) => ({ organizationId, environmentId, clusterId: id }));
  }
}
