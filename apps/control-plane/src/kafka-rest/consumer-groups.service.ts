import { Injectable } from '@nestjs/common';
import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import type { AdminClient, DescribedGroup, GroupMember } from '@weirhouse/kafka-client';
import { isAppError } from '@weirhouse/shared-kernel';
import type { OpContext } from '../auth/op-context.ts';
import {
  presentAssignment,
  presentConsumer,
  presentGroup,
  presentLag,
  presentLagSummary,
  type Lag,
} from './consumer-groups.presenter.ts';
import { notFound } from './kafka-failures.ts';
import { KafkaGateway, type KafkaPlace } from './kafka-gateway.ts';

/** Groups that are described at the same time. */
const DESCRIBED_AT_ONCE_MAX = 16;

interface GroupPlace {
  readonly cluster_id: string;
  readonly consumer_group_id: string;
}

type Output<Key extends keyof typeof routes> = Promise<RouteOutput<(typeof routes)[Key]>>;

/** Use cases of consumer groups: who is in them and how far behind they are. */
@Injectable()
export class ConsumerGroupsService {
  constructor(private readonly gateway: KafkaGateway) {}

  /** Groups that end while they are listed are left out. */
  list(ctx: OpContext, clusterId: string): Output<'listConsumerGroups'> {
    return this.gateway.read(ctx, clusterId, async ({ client, links }) => {
      const listed = await client.listGroups();
      const ids = listed.filter(({ type }) => isConsumerGroup(type)).map(({ id }) => id);
      const rest = ids.toSorted();
      const data: RouteOutput<typeof routes.getConsumerGroup>[] = [];
      while (rest.length > 0) {
        const part = rest.splice(0, DESCRIBED_AT_ONCE_MAX);
        const found = await Promise.all(part.map((id) => findGroup(client, id)));
        const groups = found.filter((group) => group !== undefined);
        const coordinators = await Promise.all(groups.map(({ id }) => client.findCoordinator(id)));
        for (const [index, group] of groups.entries())
          data.push(presentGroup(links, group, coordinators[index]?.nodeId ?? -1));
      }
      return {
        kind: 'KafkaConsumerGroupList',
        metadata: links.list('/consumer-groups'),
        data,
      };
    });
  }

  get(ctx: OpContext, place: GroupPlace): Output<'getConsumerGroup'> {
    return this.#of(ctx, place, async ({ client, links }, group) =>
      presentGroup(links, group, (await client.findCoordinator(group.id)).nodeId),
    );
  }

  listConsumers(ctx: OpContext, place: GroupPlace): Output<'listConsumers'> {
    return this.#of(ctx, place, async ({ links }, group) => ({
      kind: 'KafkaConsumerList',
      metadata: links.list(`/consumer-groups/${encodeURIComponent(group.id)}/consumers`),
      data: group.members.map((member) => presentConsumer(links, group.id, member)),
    }));
  }

  getConsumer(
    ctx: OpContext,
    place: GroupPlace & { readonly consumer_id: string },
  ): Output<'getConsumer'> {
    return this.#of(ctx, place, async ({ links }, group) =>
      presentConsumer(links, group.id, memberOf(group, place.consumer_id)),
    );
  }

  listAssignments(
    ctx: OpContext,
    place: GroupPlace & { readonly consumer_id: string },
  ): Output<'listConsumerAssignments'> {
    return this.#of(ctx, place, async ({ links }, group) => {
      const member = memberOf(group, place.consumer_id);
      const path = [group.id, 'consumers', member.id].map((step) => encodeURIComponent(step));
      return {
        kind: 'KafkaConsumerAssignmentList',
        metadata: links.list(`/consumer-groups/${path.join('/')}/assignments`),
        data: member.partitions.map((partition) =>
          presentAssignment(links, { groupId: group.id, memberId: member.id }, partition),
        ),
      };
    });
  }

  listLags(ctx: OpContext, place: GroupPlace): Output<'listConsumerLags'> {
    return this.#of(ctx, place, async ({ client, links }, group) => ({
      kind: 'KafkaConsumerLagList',
      metadata: links.list(`/consumer-groups/${encodeURIComponent(group.id)}/lags`),
      data: (await lagsOf(client, group)).map((lag) => presentLag(links, group.id, lag)),
    }));
  }

  getLag(
    ctx: OpContext,
    place: GroupPlace & { readonly topic_name: string; readonly partition_id: number },
  ): Output<'getConsumerLag'> {
    return this.#of(ctx, place, async ({ client, links }, group) => {
      const { partition_id: partition, topic_name: topic } = place;
      const lags = await lagsOf(client, group);
      const lag = lags.find((one) => one.topic === topic && one.partition === partition);
      if (!lag) throw notFound(`An offset of group ${group.id} in ${topic} ${partition}`, 'topic');
      return presentLag(links, group.id, lag);
    });
  }

  /** Throws `not_found` for a group that has committed nothing. */
  getLagSummary(ctx: OpContext, place: GroupPlace): Output<'getConsumerGroupLagSummary'> {
    return this.#of(ctx, place, async ({ client, links }, group) => {
      const lags = await lagsOf(client, group);
      const [first, ...others] = lags;
      if (!first) throw notFound(`An offset of group ${group.id}`);
      const most = others.reduce((max, one) => (one.lag > max.lag ? one : max), first);
      const total = lags.reduce((sum, { lag }) => sum + lag, 0);
      return presentLagSummary(links, group.id, { most, total });
    });
  }

  #of<T>(
    ctx: OpContext,
    place: GroupPlace,
    work: (place: KafkaPlace, group: DescribedGroup) => Promise<T>,
  ): Promise<T> {
    return this.gateway.read(ctx, place.cluster_id, async (kafka) => {
      const group = await findGroup(kafka.client, place.consumer_group_id);
      if (!group) throw notFound(`Consumer group ${place.consumer_group_id}`);
      return work(kafka, group);
    });
  }
}

/** Brokers that do not tell types have no others. */
function isConsumerGroup(type: string): boolean {
  return ['', 'classic', 'consumer'].includes(type);
}

/** Undefined when there is none: describing an unknown classic group says that it is dead. */
async function findGroup(client: AdminClient, id: string): Promise<DescribedGroup | undefined> {
  try {
    const group = await client.describeGroup(id);
    return group.state === 'Dead' ? undefined : group;
  } catch (error) {
    if (isAppError(error) && error.code === 'not_found') return undefined;
    throw error;
  }
}

function memberOf(group: DescribedGroup, id: string): GroupMember {
  const member = group.members.find((candidate) => candidate.id === id);
  if (!member) throw notFound(`Consumer ${id} of group ${group.id}`);
  return member;
}

/** How far each committed offset is behind the end of its partition, as far as the caller may know. */
async function lagsOf(client: AdminClient, group: DescribedGroup): Promise<readonly Lag[]> {
  const offsets = await client.fetchOffsets(group.id);
  if (offsets.length === 0) return [];
  const queries = offsets.map(({ partition, topic }) => ({
    topic,
    partition,
    at: 'latest' as const,
  }));
  const ends = await client.listOffsets(queries);
  const endOf = new Map(
    ends.filter(({ error }) => !error).map((end) => [`${end.topic}/${end.partition}`, end.offset]),
  );
  return offsets
    .flatMap(({ offset, partition, topic }) => {
      const endOffset = endOf.get(`${topic}/${partition}`);
      if (endOffset === undefined) return [];
      const member = group.members.find(({ partitions }) =>
        partitions.some((one) => one.topic === topic && one.partition === partition),
      );
      const lag = Math.max(0, endOffset - offset);
      return [{ topic, partition, offset, endOffset, lag, member }];
    })
    .toSorted((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
}
