import type { Operation } from '../operation.ts';
import type { ConsumerRecord } from '../records/consumer-record.ts';
import type { ConsumerGroup } from './consumer-group.ts';

/**
 * One operation on a consumer group. What it writes goes to the log and, for the rest of the operation,
 * to a copy: the group itself changes when the runtime replays the records.
 */
export class ConsumerTurn {
  readonly operation: Operation;
  /** The group in the shard. Only what is not replicated may be set here. */
  readonly live: ConsumerGroup;
  #draft: ConsumerGroup | undefined;

  constructor(operation: Operation, live: ConsumerGroup) {
    this.operation = operation;
    this.live = live;
  }

  /** The group with everything this operation has written. */
  get group(): ConsumerGroup {
    return this.#draft ?? this.live;
  }

  get groupId(): string {
    return this.live.groupId;
  }

  write(record: ConsumerRecord): void {
    this.operation.append(record);
    this.#draft ??= this.live.fork();
    this.#draft.replay(record);
  }
}
