// Whether an answer that a server gave has the published form.
import { has, typeOf, valuesOf, type OperationFacts, type Words } from './facts.ts';
import { shapeOfPath } from './our-facts.ts';

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed; undefined without a body. */
  readonly body: unknown;
}

/** The operation that a request is of, or undefined when the contract has none. */
export function findOperation(
  facts: ReadonlyMap<string, readonly OperationFacts[]>,
  method: string,
  url: string,
): OperationFacts | undefined {
  const path = url.split('?', 1)[0] ?? '';
  return [...facts.values()].flat().find((operation) => {
    if (operation.method !== method) return false;
    const pattern = shapeOfPath(operation.path)
      .split('{}')
      .map((part) => part.replaceAll(/[.*+?^$()|[\]\\]/gu, String.raw`\$&`))
      .join('[^/]+');
    return new RegExp(`^${pattern}$`, 'u').test(path);
  });
}

/** Everything about an answer that clients of the contract would stumble over. */
export function faultsOf(operation: OperationFacts, answer: Answer): readonly string[] {
  const faults: string[] = [];
  const { status, headers, body } = answer;
  const isOk = status < 300;
  if (isOk && operation.statuses[String(status)] === undefined) faults.push(`status ${status}`);
  const type = headers.get('content-type');
  if (body !== undefined && !/^application\/json(?:;|$)/u.test(type ?? ''))
    faults.push(`content-type ${type ?? 'missing'}`);
  for (const name of (operation.statuses[String(status)] ?? '').split(' ').filter(Boolean)) {
    // What a conflict is with is not always something that can be read.
    if (headers.get(name) === null && !(status === 409 && name === 'Location'))
      faults.push(`no header ${name}`);
  }
  if (isOk && operation.response !== undefined)
    faults.push(...bodyFaults(operation.response.fields, body));
  return faults;
}

function bodyFaults(fields: Readonly<Record<string, Words>>, body: unknown): readonly string[] {
  const faults: string[] = [];
  for (const [path, words] of Object.entries(fields)) {
    for (const holder of holdersOf(body, path)) {
      const name = path.slice(path.lastIndexOf('.') + 1);
      const isItem = /[\]}]$/u.test(name);
      if (isItem) continue;
      const value = holder[name];
      if (value === undefined) {
        // A reference holds its id always, its links where there is something to read.
        const isLink = name === 'related' || name === 'resource_name';
        if (has(words, 'required') && !isLink) faults.push(`${path} is missing`);
      } else faults.push(...valueFaults(path, words, value));
    }
  }
  return faults;
}

function valueFaults(path: string, words: Words, value: unknown): readonly string[] {
  if (value === null) return has(words, 'nullable') ? [] : [`${path} is null`];
  const type = typeOf(words);
  const own = typeName(value);
  const fits = type === 'any' || type === own || (type === 'number' && own === 'integer');
  if (!fits) return [`${path} is a ${own}, not a ${type}`];
  const isTime = words.includes('format=date-time');
  if (
    isTime &&
    !/^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/u.test(JSON.stringify(value).slice(1, -1))
  )
    return [`${path} is no RFC 3339 time`];
  const values = valuesOf(words);
  return values === undefined || typeof value !== 'string' || values.includes(value)
    ? []
    : [`${path} is ${value}`];
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  return typeof value;
}

/** The objects in a body that hold the field of a path. */
function holdersOf(body: unknown, path: string): readonly Readonly<Record<string, unknown>>[] {
  let holders: unknown[] = [body];
  const steps = path.split('.').slice(0, -1);
  for (const step of steps) {
    const name = step.replace(/(?:\[\]|\{\*\})+$/u, '');
    holders = holders.filter(isObject).map((holder) => holder[name]);
    if (step.endsWith('[]')) holders = holders.flatMap((one) => (Array.isArray(one) ? one : []));
    if (step.endsWith('{*}'))
      holders = holders.filter(isObject).flatMap((one) => Object.values(one));
  }
  return holders.filter(isObject);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
