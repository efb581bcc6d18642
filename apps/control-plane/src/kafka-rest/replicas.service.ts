import { Injectable } from '@nestjs/common';
import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import type { AdminClient, PartitionInfo } from '@weirhouse/kafka-client';
import type { OpContext } from '../auth/op-context.ts';
import { presentReassignment, presentReplica } from './brokers.presenter.ts';
import { notFound } from './kafka-failures.ts';
import { KafkaGateway } from './kafka-gateway.ts';
import { findTopic, requirePartition } from './topics.service.ts';

interface PartitionPlace {
  readonly cluster_id: string;
  readonly topic_name: string;
  readonly partition_id: number;
}

type Output<Key extends keyof typeof routes> = Promise<RouteOutput<(typeof routes)[Key]>>;

/** Use cases of replicas: who holds a partition, and where it moves. */
@Injectable()
export class ReplicasService {
  constructor(private readonly gateway: KafkaGateway) {}

  list(ctx: OpContext, place: PartitionPlace): Output<'listReplicas'> {
    return this.gateway.read(ctx, place.cluster_id, async ({ client, links }) => {
      const { topic_name: topic } = place;
      const partition = await partitionOf(client, place);
      const path = `/topics/${encodeURIComponent(topic)}/partitions/${partition.index}/replicas`;
      return {
        kind: 'KafkaReplicaList',
        metadata: links.list(path),
        data: partition.replicas.map((id) => presentReplica(links, { topic, partition }, id)),
      };
    });
  }

  get(
    ctx: OpContext,
    place: PartitionPlace & { readonly broker_id: number },
  ): Output<'getReplica'> {
    return this.gateway.read(ctx, place.cluster_id, async ({ client, links }) => {
      const { broker_id: brokerId, topic_name: topic } = place;
      const partition = await partitionOf(client, place);
      if (!partition.replicas.includes(brokerId))
        throw notFound(`A replica of ${topic} ${partition.index} on broker ${brokerId}`);
      return presentReplica(links, { topic, partition }, brokerId);
    });
  }

  /** Undefined = of all topics. */
  listReassignments(
    ctx: OpContext,
    clusterId: string,
    topic?: string,
  ): Output<'listAllReassignments'> {
    return this.gateway.read(ctx, clusterId, async ({ client, links }) => {
      // A topic that does not exist, or that the caller may not see, is told as such.
      if (topic !== undefined) await findTopic(client, topic);
      const moves = await client.listReassignments();
      const path = `/topics/${encodeURIComponent(topic ?? '-')}/partitions/-/reassignment`;
      return {
        kind: 'KafkaReassignmentList',
        metadata: links.list(path),
        data: moves
          .filter((move) => topic === undefined || move.topic === topic)
          .map((move) => presentReassignment(links, move)),
      };
    });
  }

  /** Throws `not_found` for a partition that stays where it is. */
  getReassignment(ctx: OpContext, place: PartitionPlace): Output<'getReassignment'> {
    return this.gateway.read(ctx, place.cluster_id, async ({ client, links }) => {
      const { topic_name: topic } = place;
      const { index } = await partitionOf(client, place);
      const moves = await client.listReassignments();
      const move = moves.find((one) => one.topic === topic && one.partition === index);
      if (!move) throw notFound(`A reassignment of ${topic} ${index}`);
      return presentReassignment(links, move);
    });
  }
}

async function partitionOf(client: AdminClient, place: PartitionPlace): Promise<PartitionInfo> {
  return requirePartition(await findTopic(client, place.topic_name), place.partition_id);
}
