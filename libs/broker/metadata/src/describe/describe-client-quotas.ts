import { KafkaError } from '@weirhouse/kafka-protocol';
import type {
  DescribeClientQuotasRequest,
  DescribeClientQuotasRequestComponentData as Component,
} from '@weirhouse/kafka-protocol/messages/describe-client-quotas-request';
import type { DescribeClientQuotasResponse } from '@weirhouse/kafka-protocol/messages/describe-client-quotas-response';
import type { ClientQuota, ClientQuotasImage } from '../image/client-quotas-image.ts';
import { QuotaEntityType } from '../quota-model.ts';

/** How a component selects entities of its type. */
const MatchType = { EXACT: 0, DEFAULT: 1, SPECIFIED: 2 } as const;

const KINDS: ReadonlySet<string> = new Set(Object.values(QuotaEntityType));

/**
 * DescribeClientQuotas (KIP-546): entities that match every component; with `strict` only those that
 * have no further part. Errors for the whole request: 35 unknown entity type, 42 a filter that cannot be.
 */
export function describeClientQuotas(
  quotas: ClientQuotasImage,
  { components, strict }: DescribeClientQuotasRequest,
): DescribeClientQuotasResponse {
  const fault = findFault(components);
  if (fault !== undefined) return { throttleTimeMs: 0, ...fault, entries: null };
  const entries = quotas
    .list()
    .filter((quota) => !strict || quota.entity.length === components.length)
    .filter((quota) => components.every((component) => matches(quota, component)))
    .map(({ entity, limits }) => ({
      entity,
      values: Array.from(limits, ([key, value]) => ({ key, value })),
    }));
  return { throttleTimeMs: 0, errorCode: KafkaError.NONE, errorMessage: null, entries };
}

/** The answer to a request that may not be answered. */
export function describeClientQuotasFailure(
  errorCode: number,
  errorMessage: string | null,
): DescribeClientQuotasResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage, entries: null };
}

function matches({ entity }: ClientQuota, { entityType, match, matchType }: Component): boolean {
  const part = entity.find((candidate) => candidate.entityType === entityType);
  if (part === undefined) return false;
  return matchType === MatchType.SPECIFIED || part.entityName === match;
}

function findFault(
  components: readonly Component[],
): { errorCode: number; errorMessage: string } | undefined {
  const kinds = components.map(({ entityType }) => entityType);
  const unknown = kinds.find((kind) => !KINDS.has(kind));
  if (unknown === '') return invalid('A component has an empty entity type.');
  if (unknown !== undefined) {
    const errorMessage = `Entity type ${unknown} is not supported.`;
    return { errorCode: KafkaError.UNSUPPORTED_VERSION, errorMessage };
  }
  if (new Set(kinds).size !== kinds.length) return invalid('An entity type is filtered twice.');
  if (kinds.includes(QuotaEntityType.IP) && kinds.length > 1)
    return invalid('A filter of ip cannot be combined with a user or a client-id.');
  for (const { match, matchType } of components) {
    const isKnown = Object.values<number>(MatchType).includes(matchType);
    if (!isKnown) return invalid(`Match type ${matchType} is not known.`);
    if ((matchType === MatchType.EXACT) !== (match !== null))
      return invalid('An exact match needs a name, the others must have none.');
  }
  return undefined;
}

function invalid(errorMessage: string): { errorCode: number; errorMessage: string } {
  return { errorCode: KafkaError.INVALID_REQUEST, errorMessage };
}
