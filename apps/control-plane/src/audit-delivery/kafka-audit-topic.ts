import { AUDIT_TOPIC } from '@weirhouse/cloud-contract';
import { auditTopicAcls, auditTransactionalId } from '@weirhouse/cloud-plan';
import {
  AdminClient,
  isKafkaError,
  TransactionalProducer,
  type RecordInput,
} from '@weirhouse/kafka-client';
import { AppError, type Clock } from '@weirhouse/shared-kernel';
import type { AuditEvent } from '../audit/audit-events.repository.ts';
import { presentAuditEvent } from '../audit/audit-events.presenter.ts';
import type { KafkaAccess } from '../kafka-rest/kafka-access.repository.ts';
import type { AuditTopic } from './audit-topic.ts';

const PARTITION = 0;
/** How long events stay in the topic: seven days, as in the contract's own cloud. */
const RETENTION_MS = 7 * 86_400_000;
/** Largest batch that the topic takes; Kafka's own default, which people may lower for the cluster. */
const BATCH_MAX_BYTES = 1_048_588;
/** Bytes of events after which a batch is closed: far below what the topic takes. */
const BATCH_GOAL_BYTES = 256 * 1_024;
/** How long a transaction may stand open when this process is gone. */
const TRANSACTION_MAX_MS = 60_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** The origin of ACLs that the platform keeps. */
const ORIGIN = { origin: 'role-binding' } as const;

const CONFIGS = {
  'cleanup.policy': 'delete',
  'retention.ms': String(RETENTION_MS),
  'retention.bytes': '-1',
  'max.message.bytes': String(BATCH_MAX_BYTES),
  'message.timestamp.type': 'CreateTime',
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** What CloudEvents' Kafka binding calls the structured content mode. */
const HEADERS = [
  { key: 'content-type', value: Buffer.from('application/cloudevents+json; charset=UTF-8') },
];

/** The topic over the Kafka protocol, as the cluster's own super user. */
export class KafkaAuditTopic implements AuditTopic {
  readonly #organizationId: string;
  readonly #clock: Clock;
  readonly #admin: AdminClient;
  readonly #producer: TransactionalProducer;

  constructor(access: KafkaAccess, clock: Clock) {
    const { bootstrap, organizationId, password, username } = access;
    const options = {
      bootstrap,
      clientId: 'weirhouse-audit',
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      sasl: { mechanism: 'SCRAM-SHA-512', username, password },
    } as const;
    this.#organizationId = organizationId;
    this.#clock = clock;
    this.#admin = new AdminClient(options);
    this.#producer = new TransactionalProducer({
      ...options,
      transactionalId: auditTransactionalId(organizationId),
      transactionTimeoutMs: TRANSACTION_MAX_MS,
    });
  }

  async ensure({ isKnown }: { readonly isKnown: boolean }): Promise<'made' | 'found'> {
    // Before the topic: nobody else is to be first in it.
    throwFirst(await this.#admin.createAcls(auditTopicAcls(this.#organizationId), ORIGIN));
    const topic = { name: AUDIT_TOPIC, partitions: 1, configs: CONFIGS };
    const [created] = await this.#admin.createTopics([topic]);
    if (!isKafkaError(created?.error, 'TOPIC_ALREADY_EXISTS')) {
      throwFirst([created?.error]);
      return 'made';
    }
    if (isKnown) return 'found';
    await this.#adopt();
    return 'made';
  }

  begin(): Promise<void> {
    return this.#producer.begin();
  }

  async readIds(offset: number): ReturnType<AuditTopic['readIds']> {
    const place = { topic: AUDIT_TOPIC, partition: PARTITION };
    const read = await this.#admin.readRecords({ ...place, offset }).catch((error: unknown) => {
      if (isKafkaError(error, 'OFFSET_OUT_OF_RANGE')) return undefined;
      throw error;
    });
    // Retention was here meanwhile.
    if (read === undefined)
      return { eventIds: [], nextOffset: await this.#offsetAt('earliest'), isEnd: false };
    const { endOffset, nextOffset, records, stableOffset } = read;
    if (stableOffset < endOffset)
      throw new AppError('unavailable', 'A transaction of the audit topic is being ended.');
    return {
      eventIds: records.flatMap(({ key }) => eventIdsOf(key)),
      nextOffset,
      isEnd: nextOffset >= endOffset,
    };
  }

  async write(events: readonly AuditEvent[]): ReturnType<AuditTopic['write']> {
    const records = recordsOf(events, this.#clock.wallMs());
    const batch = { topic: AUDIT_TOPIC, partition: PARTITION, records };
    const { baseOffset } = await this.#producer.write(batch);
    return { written: records.length, endOffset: baseOffset + records.length };
  }

  close(): void {
    this.#producer.close();
    this.#admin.close();
  }

  /** Takes a topic that is there: one that this process or an earlier one made, or an empty one. */
  async #adopt(): Promise<void> {
    if ((await this.#offsetAt('latest')) > 0)
      throw new AppError(
        'failed_precondition',
        `The cluster has a topic ${AUDIT_TOPIC} with other records: turn the audit log off and delete it, or choose another cluster.`,
      );
    const changes = Object.entries(CONFIGS).map(([name, value]) => ({ name, value }));
    const resource = { type: 'topic', name: AUDIT_TOPIC } as const;
    await this.#admin.alterConfigs(resource, { changes, validateOnly: false });
  }

  async #offsetAt(at: 'earliest' | 'latest'): Promise<number> {
    const query = { topic: AUDIT_TOPIC, partition: PARTITION, at };
    const [outcome] = await this.#admin.listOffsets([query]);
    throwFirst([outcome?.error]);
    return outcome?.offset ?? 0;
  }
}

/** What is no event's id cannot be looked up as one. */
function eventIdsOf(key: Buffer | null): readonly string[] {
  const text = key?.toString('utf8') ?? '';
  return UUID.test(text) ? [text] : [];
}

/** Times are those of writing: by an event's own time retention could take a late one at once. */
function recordsOf(events: readonly AuditEvent[], nowMs: number): readonly RecordInput[] {
  const records: RecordInput[] = [];
  let bytes = 0;
  for (const event of events) {
    const value = Buffer.from(JSON.stringify(presentAuditEvent(event)));
    bytes += value.length;
    if (bytes > BATCH_GOAL_BYTES && records.length > 0) break;
    records.push({ key: Buffer.from(event.id), value, timestamp: nowMs, headers: HEADERS });
  }
  return records;
}

function throwFirst(errors: readonly (AppError | undefined)[]): void {
  const failure = errors.find((error) => error !== undefined);
  if (failure) throw failure;
}
