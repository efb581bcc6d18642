import type {
  ConsumerHeartbeatAnswer,
  ConsumerHeartbeatInput,
  DescribedConsumerGroup,
} from '../messages.ts';
import type { ShardWorld } from './shard-world.ts';
import { Reply } from './test-client.ts';

/** The version of ConsumerGroupHeartbeat that clients speak now. */
const HEARTBEAT_VERSION = 1;

/** A member of the consumer protocol that remembers what it was told, as its client would. */
export class TestConsumer {
  readonly world: ShardWorld;
  readonly groupId: string;
  readonly memberId: string;
  instanceId: string | null = null;
  topicNames: readonly string[] = ['clicks'];
  epoch = 0;
  /** Topic id to partitions, as it was last told. */
  assigned = new Map<string, readonly number[]>();

  constructor(world: ShardWorld, memberId: string, groupId = 'orders') {
    this.world = world;
    this.memberId = memberId;
    this.groupId = groupId;
  }

  /** Sends a heartbeat as it is and keeps the answer away from the member. */
  send(changes: Partial<ConsumerHeartbeatInput> = {}): Reply<ConsumerHeartbeatAnswer> {
    const { groupId, instanceId, memberId, world } = this;
    const request: ConsumerHeartbeatInput = {
      groupId,
      memberId,
      memberEpoch: this.epoch,
      instanceId,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: null,
      ...changes,
    };
    const reply = new Reply<ConsumerHeartbeatAnswer>();
    const context = {
      nowMs: world.nowMs,
      apiVersion: HEARTBEAT_VERSION,
      clientId: memberId,
      clientHost: '/127.0.0.1',
      isTopicVisible: () => true,
    };
    world.run(world.shard.consumerGroupHeartbeat(request, context, reply.take));
    return reply;
  }

  /** Joins, or joins again. */
  join(changes: Partial<ConsumerHeartbeatInput> = {}): ConsumerHeartbeatAnswer {
    this.assigned = new Map();
    return this.accept(
      this.send({
        memberEpoch: 0,
        rebalanceTimeoutMs: 20_000,
        subscribedTopicNames: this.topicNames,
        topicPartitions: [],
        ...changes,
      }),
    );
  }

  /** A heartbeat that says nothing new. */
  beat(): ConsumerHeartbeatAnswer {
    return this.accept(this.send());
  }

  /** A heartbeat that says what it owns: by it partitions are given up. */
  report(changes: Partial<ConsumerHeartbeatInput> = {}): ConsumerHeartbeatAnswer {
    const topicPartitions = Array.from(this.assigned, ([topicId, partitions]) => ({
      topicId,
      partitions,
    }));
    return this.accept(this.send({ topicPartitions, ...changes }));
  }

  leave(memberEpoch = -1): ConsumerHeartbeatAnswer {
    return this.send({ memberEpoch }).answer;
  }

  /** Takes epoch and assignment from an answer. */
  accept({ answer }: { readonly answer: ConsumerHeartbeatAnswer }): ConsumerHeartbeatAnswer {
    if (answer.errorCode !== 0) return answer;
    this.epoch = answer.memberEpoch;
    if (answer.assignment !== null) {
      this.assigned = new Map(
        answer.assignment.topicPartitions.map(({ partitions, topicId }) => [topicId, partitions]),
      );
    }
    return answer;
  }

  /** Its partitions as text, such as `clicks-0 clicks-2`. */
  get owned(): string {
    const names = [...this.assigned].flatMap(([topicId, partitions]) => {
      const name = this.world.topics.findById(topicId)?.name ?? topicId;
      return partitions.map((partition) => `${name}-${partition}`);
    });
    return names.toSorted((a, b) => (a < b ? -1 : 1)).join(' ');
  }

  describe(): DescribedConsumerGroup {
    return this.world.shard.describeConsumerGroup(this.groupId);
  }

  state(): string {
    return this.describe().groupState;
  }
}
