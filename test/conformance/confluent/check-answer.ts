// Whether an answer that a server gave has the published form.
import type { Difference } from './compare.ts';
import { has, typeOf, valuesOf, type OperationFacts, type Words } from './facts.ts';
import { failureFaults } from './check-failure.ts';
import { shapeOfPath } from './our-facts.ts';

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed; undefined without a body. */
  readonly body: unknown;
}

const JSON_TYPE = 'application/json';

type Fields = Readonly<Record<string, Words>>;
type Report = (path: string, what: string) => void;

/** The operation that a request is of, or undefined when the contract has none. */
export function findOperation(
  facts: ReadonlyMap<string, readonly OperationFacts[]>,
  method: string,
  url: string,
): OperationFacts | undefined {
  const path = url.split('?', 1)[0] ?? '';
  const fitting = [...facts.values()].flat().filter((operation) => {
    if (operation.method !== method) return false;
    const pattern = shapeOfPath(operation.path)
      .split('{}')
      .map((part) => part.replaceAll(/[.*+?^$()|[\]\\]/gu, String.raw`\$&`))
      .join('[^/]+');
    return new RegExp(`^${pattern}$`, 'u').test(path);
  });
  // `topics/-/configs` is a path of its own, not that of a topic called `-`.
  const unknowns = (operation: OperationFacts): number => operation.path.split('{').length;
  return fitting.toSorted((a, b) => unknowns(a) - unknowns(b))[0];
}

/** Where an answer differs from the published form, on purpose or not. */
export function differencesOf(operation: OperationFacts, answer: Answer): readonly Difference[] {
  const { status, headers, body } = answer;
  const found: Difference[] = [];
  const type = status < 300 ? (operation.response?.type ?? JSON_TYPE) : JSON_TYPE;
  const own = headers.get('content-type') ?? 'missing';
  if (body !== undefined && mediaOf(own) !== mediaOf(type))
    found.push({ place: 'content-type', what: own });
  const words = operation.statuses[String(status)];
  for (const name of (words ?? '').split(' ').filter(Boolean)) {
    // What a conflict is with is not always something that can be read.
    if (headers.get(name) === null && !(status === 409 && name === 'Location'))
      found.push({ place: `header ${name} of ${status}`, what: 'missing' });
  }
  if (status >= 400) found.push(...failureFaults(operation, answer));
  else if (words === undefined) found.push({ place: `status ${status}`, what: 'missing' });
  else found.push(...bodyFaults(operation, body));
  return found;
}

/** The fields that a good answer holds, as the facts call them. */
export function fieldsIn({ response }: OperationFacts, body: unknown): readonly string[] {
  const fields = response?.fields ?? {};
  const seen: string[] = [];
  const look = (value: unknown, path: string): void => {
    seen.push(path);
    if (Array.isArray(value)) for (const item of value) look(item, `${path}[]`);
    if (!isObject(value)) return;
    const isMap = fields[`${path}{*}`] !== undefined;
    for (const [name, child] of Object.entries(value))
      look(child, isMap ? `${path}{*}` : join(path, name));
  };
  look(body, '');
  return seen;
}

/** `application/json` of `application/json; charset=utf-8`. */
function mediaOf(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function bodyFaults({ response }: OperationFacts, body: unknown): readonly Difference[] {
  const found: Difference[] = [];
  if ((response === undefined) !== (body === undefined))
    return [{ place: 'response', what: body === undefined ? 'missing' : 'more' }];
  if (response === undefined) return [];
  const report: Report = (path, what) => found.push({ place: `response ${path}`, what });
  checkInside(response.fields, { path: '', value: body }, report);
  return found;
}

interface Part {
  readonly path: string;
  readonly value: unknown;
}

/** What is inside an object or a list, all the way down. */
function checkInside(fields: Fields, { path, value }: Part, report: Report): void {
  if (Array.isArray(value)) {
    for (const item of value) checkPart(fields, { path: `${path}[]`, value: item }, report);
    return;
  }
  if (!isObject(value)) return;
  const isMap = fields[`${path}{*}`] !== undefined;
  for (const [name, child] of Object.entries(value))
    checkPart(fields, { path: isMap ? `${path}{*}` : join(path, name), value: child }, report);
  const missing = namesIn(fields, path).filter(
    (name) => has(fields[join(path, name)] ?? '', 'required') && value[name] === undefined,
  );
  for (const name of missing) report(join(path, name), 'optional');
}

function checkPart(fields: Fields, part: Part, report: Report): void {
  const words = fields[part.path];
  if (words === undefined) {
    if (!isOpen(fields, holderOf(part.path))) report(part.path, 'more');
    return;
  }
  const fault = valueFault(words, part.value);
  if (fault === undefined) checkInside(fields, part, report);
  else report(part.path, fault);
}

/** Whether anything may stand in an object that the contract says no more of. */
function isOpen(fields: Fields, path: string): boolean {
  const words = fields[path];
  return (
    words !== undefined &&
    /^(?:any|recursive|object)$/u.test(typeOf(words)) &&
    namesIn(fields, path).length === 0
  );
}

function valueFault(words: Words, value: unknown): string | undefined {
  if (value === null) return has(words, 'nullable') ? undefined : 'nullable';
  const type = typeOf(words);
  const own = typeName(value);
  const fits =
    /^(?:any|recursive)$/u.test(type) || type === own || (type === 'number' && own === 'integer');
  if (!fits) return `type ${own}, not ${type}`;
  const values = valuesOf(words);
  if (values !== undefined && typeof value === 'string' && !values.includes(value))
    return `also ${value}`;
  return boundsFault(words, value) ?? formatFault(words, value);
}

function boundsFault(words: Words, value: unknown): string | undefined {
  const size = typeof value === 'string' || Array.isArray(value) ? value.length : Number(value);
  for (const word of words.split(' ')) {
    const [, end, limit] = /^(min|max)(?:imum|Length|Items)=(\d+)$/u.exec(word) ?? [];
    if (end === undefined) continue;
    if (end === 'min' ? size < Number(limit) : size > Number(limit)) return `${word}, not ${size}`;
  }
  return undefined;
}

/** By the contract's own reading of a format: what a strict client would refuse. */
const FORMATS: Readonly<Record<string, (value: unknown) => boolean>> = {
  'date-time': (value) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/u.test(String(value)),
  date: (value) => /^\d{4}-\d\d-\d\d$/u.test(String(value)),
  uri: (value) => URL.canParse(String(value)),
  email: (value) => /^[^@\s]+@[^@\s]+$/u.test(String(value)),
  int32: (value) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31,
  int64: (value) => Number.isSafeInteger(Number(value)),
};

function formatFault(words: Words, value: unknown): string | undefined {
  const name = /(?:^| )format=([\w-]+)/u.exec(words)?.[1];
  if (name === undefined || value === '') return undefined;
  return FORMATS[name]?.(value) === false ? `no ${name}: ${JSON.stringify(value)}` : undefined;
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  return typeof value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** The fields directly inside an object. */
function namesIn(fields: Fields, path: string): readonly string[] {
  const prefix = path === '' ? '' : `${path}.`;
  return Object.keys(fields)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
    .filter((name) => name !== '' && !/[.[{]/u.test(name));
}

function holderOf(path: string): string {
  const at = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['), path.lastIndexOf('{'));
  return at <= 0 ? '' : path.slice(0, at);
}
