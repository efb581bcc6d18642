import { AppError, unreachable } from '@weirhouse/shared-kernel';
import { CLUSTER_FIELD } from './metrics.ts';

/** Filters within filters; deeper ones are nobody's. */
const DEPTH_MAX = 10;
/** Conditions of one filter. */
const CONDITIONS_MAX = 200;
/** Characters of a value: no label is longer. */
const VALUE_CHARS_MAX = 255;

/** What points a query is about, checked. */
export type MetricFilter =
  | { readonly op: 'EQ' | 'GT' | 'GTE'; readonly field: string; readonly value: string }
  | { readonly op: 'AND' | 'OR'; readonly filters: readonly MetricFilter[] }
  | { readonly op: 'NOT'; readonly filter: MetricFilter };

/** Checks a filter. Throws `invalid_argument` that names the place; `fields` are those that may be used. */
export function parseFilter(value: unknown, fields: readonly string[]): MetricFilter {
  let conditions = 0;
  const parse = (part: unknown, place: string, depth: number): MetricFilter => {
    conditions += 1;
    if (depth > DEPTH_MAX) throw refuse(place, `has more than ${DEPTH_MAX} levels.`);
    if (conditions > CONDITIONS_MAX)
      throw refuse(place, `has more than ${CONDITIONS_MAX} conditions.`);
    const { field, filter, filters, op, value: wanted } = objectOf(part, place);
    if (op === 'AND' || op === 'OR') {
      if (!Array.isArray(filters) || filters.length === 0)
        throw refuse(`${place}.filters`, `must be a list of filters: ${op} joins them.`);
      const parts = filters.map((each, at) => parse(each, `${place}.filters.${at}`, depth + 1));
      return { op, filters: parts };
    }
    if (op === 'NOT') return { op, filter: parse(filter, `${place}.filter`, depth + 1) };
    if (op !== 'EQ' && op !== 'GT' && op !== 'GTE')
      throw refuse(`${place}.op`, 'must be EQ, GT, GTE, AND, OR or NOT.');
    if (typeof field !== 'string' || !fields.includes(field))
      throw refuse(`${place}.field`, `must be one of ${fields.join(', ')}.`);
    if (typeof wanted !== 'string' && !Number.isSafeInteger(wanted))
      throw refuse(`${place}.value`, 'must be a string or an integer.');
    if (String(wanted).length > VALUE_CHARS_MAX || String(wanted).includes('\0'))
      throw refuse(
        `${place}.value`,
        `must have ${VALUE_CHARS_MAX} characters at most, none of them U+0000.`,
      );
    if (op !== 'EQ' && !/^\d+$/u.test(String(wanted)))
      throw refuse(`${place}.value`, `must be a number: ${op} compares numbers.`);
    return { op, field, value: String(wanted) };
  };
  return parse(value, 'filter', 1);
}

/** Whether a point with these labels is meant. */
export function matches(filter: MetricFilter, labels: Readonly<Record<string, string>>): boolean {
  switch (filter.op) {
    case 'AND':
      return filter.filters.every((each) => matches(each, labels));
    case 'OR':
      return filter.filters.some((each) => matches(each, labels));
    case 'NOT':
      return !matches(filter.filter, labels);
    case 'EQ':
      return labels[filter.field] === filter.value;
    case 'GT':
      return Number(labels[filter.field]) > Number(filter.value);
    case 'GTE':
      return Number(labels[filter.field]) >= Number(filter.value);
    default:
      return unreachable(filter);
  }
}

/** The clusters that alone can match; undefined = the filter does not say, so it may be any. */
export function clustersIn(filter: MetricFilter): ReadonlySet<string> | undefined {
  if (filter.op === 'EQ')
    return filter.field === CLUSTER_FIELD ? new Set([filter.value]) : undefined;
  if (filter.op !== 'AND' && filter.op !== 'OR') return undefined;
  const said = filter.filters.map(clustersIn);
  if (filter.op === 'OR') {
    if (said.includes(undefined)) return undefined;
    return new Set(said.flatMap((each) => [...(each ?? [])]));
  }
  const known = said.filter((each) => each !== undefined);
  const [first, ...others] = known;
  if (first === undefined) return undefined;
  return new Set([...first].filter((id) => others.every((each) => each.has(id))));
}

function objectOf(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(place, 'must be an object with op, such as {"op":"EQ","field":...,"value":...}.');
  return value as Readonly<Record<string, unknown>>;
}

function refuse(place: string, reason: string): AppError {
  return new AppError('invalid_argument', `${place} ${reason}`, { field: place });
}
