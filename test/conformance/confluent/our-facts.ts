// What our own OpenAPI document says of an operation, in the words of the facts.
import { openApiDocument, routes, type Route } from '@weirhouse/cloud-contract';
import type { BodyFacts, OperationFacts, Words } from './facts.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly not?: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Schema }>> };
  readonly responses: Readonly<Record<string, Answer>>;
}

interface Answer {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { schema: Schema }>>;
}

/** A path with its parameters' names left out: what two contracts must agree on. */
export function shapeOfPath(path: string): string {
  return path.replaceAll(/\{[^}]+\}/gu, '{}');
}

/** Our operations by method and shape of path (`GET /org/v2/environments/{}`). */
export function readOurFacts(): ReadonlyMap<string, OperationFacts> {
  const table: readonly Route[] = Object.values(routes);
  const { paths } = openApiDocument(table, { title: 'Weirhouse', version: '1' }) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const facts = new Map<string, OperationFacts>();
  for (const [path, item] of Object.entries(paths)) {
    for (const [verb, operation] of Object.entries(item)) {
      const method = verb.toUpperCase();
      facts.set(`${method} ${shapeOfPath(path)}`, ourOperation(method, path, operation));
    }
  }
  return facts;
}

function ourOperation(method: string, path: string, operation: Operation): OperationFacts {
  const statuses = Object.entries(operation.responses);
  const [status, answer] = statuses.find(([code]) => code.startsWith('2')) ?? ['0', {}];
  const request = bodyOf(operation.requestBody?.content);
  const response = bodyOf(answer.content);
  return {
    name: operation.operationId,
    method,
    path,
    parameters: Object.fromEntries(
      operation.parameters.map((one) => [
        `${one.in} ${one.name}`,
        wordsOf(one.schema, one.required),
      ]),
    ),
    statuses: Object.fromEntries(
      statuses.map(([code, { headers = {} }]) => [code, Object.keys(headers).toSorted().join(' ')]),
    ),
    ...(request === undefined ? {} : { request }),
    ...(response === undefined ? {} : { response: { status: Number(status), ...response } }),
  };
}

function bodyOf(content: Answer['content']): BodyFacts | undefined {
  const [type, media] = Object.entries(content ?? {})[0] ?? [];
  if (type === undefined || media === undefined) return undefined;
  return { type, fields: Object.fromEntries(fieldsOf(media.schema, '')) };
}

/** Fields by path; those of some variants only are optional, their values are joined. */
function fieldsOf(schema: Schema, path: string): ReadonlyMap<string, Words> {
  const fields = new Map<string, Words>();
  const required = new Set(schema.required);
  const children: [string, Schema, boolean][] = Object.entries(schema.properties ?? {}).map(
    ([name, child]) => [path === '' ? name : `${path}.${name}`, child, required.has(name)],
  );
  if (schema.items !== undefined) children.push([`${path}[]`, schema.items, false]);
  if (typeof schema.additionalProperties === 'object')
    children.push([`${path}{*}`, schema.additionalProperties, false]);
  for (const [at, child, isRequired] of children) {
    // A field that nothing fits must be left out.
    if (child.not !== undefined) continue;
    fields.set(at, wordsOf(child, isRequired));
    for (const [key, words] of fieldsOf(child, at)) fields.set(key, words);
  }
  const whole = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  // What may be null instead has its fields all the same.
  const variants = whole.filter(({ type }) => type !== 'null');
  const alternatives = variants.map((variant) => fieldsOf(variant, path));
  for (const key of new Set(alternatives.flatMap((one) => [...one.keys()])))
    fields.set(
      key,
      joinWords(
        alternatives.map((one) => one.get(key)),
        schema.allOf !== undefined,
      ),
    );
  return fields;
}

function joinWords(said: readonly (Words | undefined)[], isAll: boolean): Words {
  const known = said.filter((words) => words !== undefined);
  const isRequired =
    known.every((words) => words.includes(' required')) && (isAll || known.length === said.length);
  const values = known.flatMap((words) => /enum=(\S+)/u.exec(words)?.[1]?.split('|') ?? []);
  const type = known[0]?.split(' ', 1)[0] ?? 'any';
  const words = put(type, isRequired, values);
  return known.some((one) => one.includes(' nullable')) ? `${words} nullable` : words;
}

function wordsOf(schema: Schema, isRequired: boolean): Words {
  const types = typesOf(schema);
  const plain = types.filter((type) => type !== 'null');
  // A field that is always null has no other type.
  const isNull = plain.length === 0 && types.length > 0;
  const type = isNull ? 'null' : plain.length === 1 ? (plain[0] ?? 'any') : 'any';
  const words = put(type, isRequired, valuesIn(schema));
  return types.includes('null') ? `${words} nullable` : words;
}

function put(type: string, isRequired: boolean, values: readonly string[]): Words {
  return [
    type,
    ...(isRequired ? ['required'] : []),
    ...(values.length === 0 ? [] : [`enum=${[...new Set(values)].toSorted().join('|')}`]),
  ].join(' ');
}

function typesOf(schema: Schema): readonly string[] {
  const variants = schema.anyOf ?? schema.oneOf ?? [];
  if (variants.length > 0) return [...new Set(variants.flatMap((one) => typesOf(one)))];
  if (schema.const !== undefined) return [typeof schema.const];
  if (schema.type === undefined) return schema.enum === undefined ? [] : ['string'];
  return typeof schema.type === 'string' ? [schema.type] : schema.type;
}

function valuesIn(schema: Schema): readonly string[] {
  const own = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  const variants = (schema.anyOf ?? schema.oneOf ?? []).filter(({ type }) => type !== 'null');
  return [...own, ...variants.flatMap((one) => valuesIn(one))]
    .filter((value) => value !== null)
    .map(String);
}
