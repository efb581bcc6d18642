// Where our form of an operation differs from the published one, in words.
import { has, typeOf, valuesOf, type BodyFacts, type OperationFacts, type Words } from './facts.ts';

/** One place where the two differ, e.g. `response metadata.last`: `missing`. */
export interface Difference {
  /** `parameter query page_size`, `request spec.byok`, `response data[].id`, `status 402`, `header Location`. */
  readonly place: string;
  readonly what: string;
}

/** Every difference between the published form and ours. */
export function compareOperations(
  theirs: OperationFacts,
  ours: OperationFacts,
): readonly Difference[] {
  return [
    ...compareParameters(theirs, ours),
    ...compareRequests(theirs.request, ours.request),
    ...compareResponses(theirs, ours),
    ...compareStatuses(theirs, ours),
  ];
}

function compareParameters(theirs: OperationFacts, ours: OperationFacts): readonly Difference[] {
  const query = (facts: OperationFacts): Readonly<Record<string, Words>> =>
    Object.fromEntries(
      Object.entries(facts.parameters).filter(([name]) => name.startsWith('query ')),
    );
  return compareFields(query(theirs), query(ours), 'parameter').filter(
    // Everything in a query is text; only what may be asked, must be asked and the words count.
    ({ what }) => !what.startsWith('type '),
  );
}

function compareRequests(
  theirs: BodyFacts | undefined,
  ours: BodyFacts | undefined,
): readonly Difference[] {
  if (theirs === undefined && ours === undefined) return [];
  if (theirs === undefined) return [{ place: 'request', what: 'more' }];
  if (ours === undefined) return [{ place: 'request', what: 'missing' }];
  return compareFields(theirs.fields, ours.fields, 'request');
}

function compareResponses(theirs: OperationFacts, ours: OperationFacts): readonly Difference[] {
  if (theirs.response === undefined && ours.response === undefined) return [];
  if (theirs.response === undefined) return [{ place: 'response', what: 'more' }];
  if (ours.response === undefined) return [{ place: 'response', what: 'missing' }];
  return compareFields(theirs.response.fields, ours.response.fields, 'response');
}

function compareFields(
  theirs: Readonly<Record<string, Words>>,
  ours: Readonly<Record<string, Words>>,
  part: 'parameter' | 'request' | 'response',
): readonly Difference[] {
  const differences: Difference[] = [];
  for (const [path, words] of Object.entries(theirs)) {
    const own = ours[path];
    // One entry speaks for all that a missing object would hold.
    if (own === undefined && isHolderMissing(path, theirs, ours)) continue;
    for (const what of compareWords(words, own, part))
      differences.push({ place: `${part} ${path}`, what });
  }
  for (const path of Object.keys(ours)) {
    if (theirs[path] !== undefined || isInsideAny(path, theirs)) continue;
    if (isHolderMissing(path, ours, theirs)) continue;
    differences.push({ place: `${part} ${path}`, what: 'more' });
  }
  return differences;
}

function isHolderMissing(
  path: string,
  whole: Readonly<Record<string, Words>>,
  other: Readonly<Record<string, Words>>,
): boolean {
  const holder = holderOf(path);
  return holder !== undefined && whole[holder] !== undefined && other[holder] === undefined;
}

function isInsideAny(path: string, fields: Readonly<Record<string, Words>>): boolean {
  const holder = holderOf(path);
  if (holder === undefined) return false;
  const words = fields[holder];
  const isOpen = words !== undefined && /^(?:any|recursive|object)$/u.test(typeOf(words));
  const holdsNothing = !Object.keys(fields).some((one) => holderOf(one) === holder);
  return (isOpen && holdsNothing) || isInsideAny(holder, fields);
}

function holderOf(path: string): string | undefined {
  const at = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['), path.lastIndexOf('{'));
  return at <= 0 ? undefined : path.slice(0, at);
}

function compareWords(
  theirs: Words,
  ours: Words | undefined,
  part: 'parameter' | 'request' | 'response',
): readonly string[] {
  if (ours === undefined) return ['missing'];
  const found: string[] = [];
  const [their, own] = [typeOf(theirs), typeOf(ours)];
  const isAlwaysNull = own === 'null' && has(theirs, 'nullable');
  if (their !== own && their !== 'any' && their !== 'recursive' && !isAlwaysNull)
    found.push(`type ${own}, not ${their}`);
  // An answer may promise more than is asked for; a request may not ask for more.
  const isRequired = has(theirs, 'required');
  if (has(ours, 'required') !== isRequired && (part !== 'response' || isRequired))
    found.push(isRequired ? 'optional' : 'required');
  if (part === 'response' && has(ours, 'nullable') && !has(theirs, 'nullable'))
    found.push('nullable');
  found.push(...compareValues(valuesOf(theirs), valuesOf(ours), part));
  return found;
}

/** Of an answer's values each must be known to clients; of a request's none may be refused. */
function compareValues(
  theirs: readonly string[] | undefined,
  ours: readonly string[] | undefined,
  part: 'parameter' | 'request' | 'response',
): readonly string[] {
  if (theirs === undefined)
    return part !== 'response' && ours !== undefined ? ['fewer values'] : [];
  if (ours === undefined) return ['any value'];
  const more = ours.filter((value) => !theirs.includes(value));
  const fewer = theirs.filter((value) => !ours.includes(value));
  return [
    ...(more.length === 0 ? [] : [`also ${more.join(', ')}`]),
    ...(fewer.length === 0 ? [] : [`without ${fewer.join(', ')}`]),
  ];
}

function compareStatuses(theirs: OperationFacts, ours: OperationFacts): readonly Difference[] {
  const differences: Difference[] = [];
  for (const [status, headers] of Object.entries(theirs.statuses)) {
    const own = ours.statuses[status];
    if (own === undefined) {
      // A range of statuses is said one by one here.
      if (/^\d+$/u.test(status)) differences.push({ place: `status ${status}`, what: 'missing' });
      continue;
    }
    const missing = headers
      .split(' ')
      .filter((name) => name !== '' && !own.split(' ').includes(name));
    for (const name of missing)
      differences.push({ place: `header ${name} of ${status}`, what: 'missing' });
  }
  for (const status of Object.keys(ours.statuses)) {
    if (status.startsWith('2') && theirs.statuses[status] === undefined)
      differences.push({ place: `status ${status}`, what: 'more' });
  }
  return differences;
}
