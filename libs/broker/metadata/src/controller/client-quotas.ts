import { KafkaError } from '@weirhouse/kafka-protocol';
import type {
  AlterClientQuotasRequest,
  AlterClientQuotasRequestEntryData as Entry,
  AlterClientQuotasRequestOpData as Change,
} from '@weirhouse/kafka-protocol/messages/alter-client-quotas-request';
import type { AlterClientQuotasResponse } from '@weirhouse/kafka-protocol/messages/alter-client-quotas-response';
import type { ClientQuotasImage } from '../image/client-quotas-image.ts';
import { isIpAddress } from '../ip-address.ts';
import { findQuotaKey, QuotaEntityType } from '../quota-model.ts';
import type { MetadataRecord } from '../records.ts';
import { type ControllerContext, type ControllerResult, QUOTAS_MAX } from './controller-types.ts';

/** The longest name of an entity, in characters. */
const ENTITY_NAME_LENGTH_MAX = 1024;
/** How far from a whole number a value may be that stands for one: it travels as a double. */
const WHOLE_TOLERANCE = 1e-6;

const KINDS: ReadonlySet<string> = new Set(Object.values(QuotaEntityType));

/**
 * AlterClientQuotas (KIP-546). One result per entity: when any of its changes is wrong, none is made.
 * Errors: 42 for an entity, key or value that cannot be, 44 too many. Removing what is not set is fine.
 */
export function alterClientQuotas(
  context: ControllerContext,
  request: AlterClientQuotasRequest,
): ControllerResult<AlterClientQuotasResponse> {
  const { quotas } = context.image;
  const records: MetadataRecord[] = [];
  let added = 0;
  const entries = request.entries.map((entry) => {
    const { entity } = entry;
    const fault = findEntityFault(entry) ?? findChangesFault(entry);
    if (fault !== undefined)
      return { entity, errorCode: KafkaError.INVALID_REQUEST, errorMessage: fault };
    const changes = recordsOf(quotas, entry);
    const isNew = changes.length > 0 && quotas.find(entity) === undefined;
    if (isNew && quotas.size + added >= QUOTAS_MAX) {
      const errorMessage = `A cluster can have quotas for at most ${QUOTAS_MAX} entities.`;
      return { entity, errorCode: KafkaError.POLICY_VIOLATION, errorMessage };
    }
    if (isNew) added += 1;
    records.push(...changes);
    return { entity, errorCode: KafkaError.NONE, errorMessage: null };
  });
  const response = { throttleTimeMs: 0, entries };
  return { records: request.validateOnly ? [] : records, response };
}

/** What really changes: an unchanged limit needs no record. */
function recordsOf(quotas: ClientQuotasImage, { entity, ops }: Entry): MetadataRecord[] {
  const limits = quotas.find(entity)?.limits;
  return ops
    .filter(({ key, remove, value }) =>
      remove ? limits?.has(key) === true : limits?.get(key) !== value,
    )
    .map(({ key, remove, value }) => ({
      kind: 'clientQuota',
      body: { entity, key, value: remove ? 0 : value, remove },
    }));
}

function findEntityFault({ entity }: Entry): string | undefined {
  if (entity.length === 0) return 'The entity must name a user, a client-id or an ip.';
  const kinds = entity.map(({ entityType }) => entityType);
  const unknown = kinds.find((kind) => !KINDS.has(kind));
  if (unknown !== undefined)
    return `Entity type ${unknown} is not known: use user, client-id or ip.`;
  if (new Set(kinds).size !== kinds.length) return 'An entity type is named twice in one entity.';
  if (kinds.includes(QuotaEntityType.IP) && kinds.length > 1)
    return 'An ip cannot be combined with a user or a client-id.';
  for (const { entityName, entityType } of entity) {
    if (entityName === null) continue;
    if (entityName === '' || entityName.length > ENTITY_NAME_LENGTH_MAX)
      return `The name of a ${entityType} must have from 1 to ${ENTITY_NAME_LENGTH_MAX} characters.`;
    if (entityType === QuotaEntityType.IP && !isIpAddress(entityName))
      return `${entityName} is not an IP address.`;
  }
  return undefined;
}

function findChangesFault({ entity, ops }: Entry): string | undefined {
  const scope = entity.some(({ entityType }) => entityType === QuotaEntityType.IP)
    ? 'ip'
    : 'client';
  if (new Set(ops.map(({ key }) => key)).size !== ops.length)
    return 'A quota key is named twice for one entity.';
  for (const change of ops) {
    const definition = findQuotaKey(change.key);
    if (definition?.scope !== scope)
      return `Quota key ${change.key} cannot be set for ${entity.map(({ entityType }) => entityType).join(' and ')}.`;
    const fault = change.remove ? undefined : findValueFault(change, definition.wholeMax);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function findValueFault({ key, value }: Change, wholeMax: number | undefined): string | undefined {
  if (!(value > 0)) return `Quota ${key} must be greater than 0.`;
  if (wholeMax === undefined)
    return Number.isFinite(value) ? undefined : `Quota ${key} is not finite.`;
  if (value > wholeMax) return `Quota ${key} must be at most ${wholeMax}.`;
  return Math.abs(value - Math.round(value)) > WHOLE_TOLERANCE
    ? `Quota ${key} must be a whole number.`
    : undefined;
}
