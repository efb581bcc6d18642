import { findCrnValue, formatCrnSteps } from '@weirhouse/cloud-contract';
import { findScopedPath, formatScopedPath, type CrnPath } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';

/** Where a binding lies: what decides who sees it and which clusters' ACLs it is part of. */
export interface BindingPlace {
  /** Equal for patterns that name the same. */
  readonly path: string;
  /** Null = no environment or several. */
  readonly environmentId: string | null;
  readonly clusterId: string | null;
}

/** Which bindings a list wants: those with exactly this path, or those that begin so. */
export interface PathFilter {
  readonly equals: readonly string[];
  readonly startsWith: readonly string[];
}

/** Reads a pattern that was checked before. */
export function placeOf(crnPattern: string): BindingPlace {
  const scoped = findScopedPath(crnPattern);
  const path = scoped?.path ?? [];
  return {
    path: scoped === undefined ? crnPattern : formatScopedPath(scoped),
    environmentId: literal(findCrnValue(path, 'environment')),
    clusterId: literal(findCrnValue(path, 'cloud-cluster')),
  };
}

/**
 * What the filter `crn_pattern` of a list means: bindings at that place; with `/*` at its end also
 * those below; with `*` at the end of a name those whose names begin so. Throws `invalid_argument`.
 */
export function filterOfPattern(crnPattern: string): PathFilter {
  const isInclusive = crnPattern.endsWith('/*');
  const scoped = findScopedPath(isInclusive ? crnPattern.slice(0, -2) : crnPattern);
  if (scoped === undefined) {
    throw new AppError(
      'invalid_argument',
      `crn_pattern "${crnPattern}" names nothing that roles are bound to: give the CRN of an organization, environment, cluster or Kafka resource, with /* at its end for everything below.`,
      { field: 'crn_pattern' },
    );
  }
  const path = formatScopedPath(scoped);
  if (path.endsWith('*')) return { equals: [], startsWith: [path.slice(0, -1)] };
  const below = `${formatCrnSteps(scoped.path)}/`;
  return { equals: [path], startsWith: isInclusive ? [below] : [] };
}

/** The bindings at or below places that somebody's own roles cover. */
export function filterOfPlaces(places: readonly CrnPath[]): PathFilter {
  const paths = places.map(formatCrnSteps);
  const whole = paths.filter((path) => !path.endsWith('*'));
  const beginnings = paths.filter((path) => path.endsWith('*')).map((path) => path.slice(0, -1));
  return { equals: whole, startsWith: [...whole.map((path) => `${path}/`), ...beginnings] };
}

/** A pattern for several ids lies in none of them. */
function literal(value: string | undefined): string | null {
  return value === undefined || value.endsWith('*') ? null : value;
}
