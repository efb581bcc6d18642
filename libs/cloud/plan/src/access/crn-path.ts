import { findCrnParts, formatCrnSteps, type CrnPart } from '@weirhouse/cloud-contract';

/** The steps of a CRN or pattern from the organization down; clusters without their `kafka` step. */
export type CrnPath = readonly CrnPart[];

/** What a CRN pattern names, by its last step. */
export type Scope =
  | 'organization'
  | 'environment'
  | 'cloud-cluster'
  /** The Kafka cluster as a resource of its own, beside its topics. */
  | 'kafka'
  | 'topic'
  | 'group'
  | 'transactional-id'
  | 'service-account'
  | 'identity-pool';

/** A pattern that names something roles can be bound to. */
export interface ScopedPath {
  readonly scope: Scope;
  readonly path: CrnPath;
}

/** The steps that lead to each scope, `kafka` left out where something follows a cluster. */
const SHAPES: ReadonlyMap<string, Scope> = new Map([
  ['organization', 'organization'],
  ['organization/environment', 'environment'],
  ['organization/environment/cloud-cluster', 'cloud-cluster'],
  ['organization/environment/cloud-cluster/kafka', 'kafka'],
  ['organization/environment/cloud-cluster/kafka/topic', 'topic'],
  ['organization/environment/cloud-cluster/kafka/group', 'group'],
  ['organization/environment/cloud-cluster/kafka/transactional-id', 'transactional-id'],
  ['organization/service-account', 'service-account'],
  ['organization/identity-provider/identity-pool', 'identity-pool'],
]);

const KAFKA_STEP = 3;

/** The path of an object's CRN; undefined for text that is not a CRN. */
export function findCrnPath(crn: string): CrnPath | undefined {
  const parts = findCrnParts(crn);
  return parts === undefined ? undefined : withoutKafka(parts);
}

/** The path and scope of a binding's pattern; undefined when no role can be bound to such a thing. */
export function findScopedPath(pattern: string): ScopedPath | undefined {
  const parts = findCrnParts(pattern);
  const scope = parts && SHAPES.get(parts.map(({ key }) => key).join('/'));
  if (parts === undefined || scope === undefined) return undefined;
  const cluster = parts[KAFKA_STEP - 1];
  const kafka = parts[KAFKA_STEP];
  // One cluster stands in two steps: a pattern in which they differ names nothing.
  if (cluster && kafka && kafka.value !== cluster.value && kafka.value !== '*') return undefined;
  return { scope, path: withoutKafka(parts) };
}

/**
 * A place as text: equal for patterns that name the same, and the beginning of everything below,
 * up to a slash.
 */
export function formatScopedPath({ scope, path }: ScopedPath): string {
  const steps = formatCrnSteps(path);
  return scope === 'kafka' ? `${steps}/kafka` : steps;
}

/**
 * Whether a pattern covers a path, or a narrower pattern: it is at most as long and each of its
 * steps matches. A value that ends in `*` matches every value with that beginning.
 */
export function covers(pattern: CrnPath, path: CrnPath): boolean {
  return (
    pattern.length > 0 &&
    pattern.length <= path.length &&
    pattern.every(({ key, value }, index) => {
      const step = path[index];
      return step?.key === key && matchesValue(value, step.value);
    })
  );
}

/** Whether a value of a pattern matches a value, or a narrower value of another pattern. */
function matchesValue(pattern: string, value: string): boolean {
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}

function withoutKafka(parts: readonly CrnPart[]): CrnPath {
  return parts.filter(
    ({ key }, index) => key !== 'kafka' || parts[index - 1]?.key !== 'cloud-cluster',
  );
}
