// Turns a folder of shape files (one per API: operations, parameters, fields, statuses, headers) into the facts
// that test/conformance/confluent compares the contract with: `node tools/contract-facts.mjs FOLDER`.
// The folder lies outside the repository. Facts are sorted and hold no prose.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'oxfmt';

/** The APIs that this platform serves or answers, and the paths of each that count. */
const APIS = [
  ['org_v2', '/org/v2/'],
  ['cmk_v2', '/cmk/v2/'],
  ['iam_v2', '/iam/v2/'],
  ['apikeys_v2', '/iam/v2/'],
  ['mds_v2', '/iam/v2/'],
  ['identity-provider_v2', '/iam/v2/'],
  ['kafkarest_v3', '/kafka/v3/'],
  ['kafka-quotas_v1', '/kafka-quotas/v1/'],
  ['service-quota_v1', '/service-quota/v1/'],
  ['metrics_v2', '/v2/'],
  ['billing_v1', '/billing/v1/'],
  ['flink_v2', '/fcpm/v2/'],
  ['srcm_v3', '/srcm/v3/'],
  ['sts_v1', '/sts/v1/'],
];

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('the folder of shape files is wanted');

for (const [api, prefix] of APIS) {
  const text = readFileSync(join(folder, `${api}.txt`), 'utf8');
  const [head, components = ''] = text.split(/^=== component schemas ===$/mu);
  const named = namedTypes(components);
  const operations = head
    .split(/^(?=## )/mu)
    .filter((part) => part.startsWith('## '))
    .map((part) => operationOf(part.split('\n'), named))
    .filter(({ path }) => path.startsWith(prefix))
    .toSorted((a, b) => order(a.path, b.path) || order(a.method, b.method));
  for (const operation of operations) completeItems(operation, operations);
  const file = join(import.meta.dirname, '../test/conformance/confluent/facts', `${api}.json`);
  const { code } = await format(file, JSON.stringify(operations), { printWidth: 100 });
  writeFileSync(file, code);
}

/** Items of a list have the form of what reading one answers, where the list itself says less. */
function completeItems(list, operations) {
  const fields = list.response?.fields;
  if (fields?.['data[]'] === undefined || fields['data[].id'] !== undefined) return;
  const one = operations.find(
    ({ method, path }) => method === 'GET' && path === `${list.path}/{id}`,
  );
  for (const [path, words] of Object.entries(one?.response.fields ?? {}))
    fields[`data[].${path}`] = words;
  list.response.fields = sorted(fields);
}

function order(a, b) {
  return a < b ? -1 : Number(a > b);
}

/** What single words of the component part say of a named type, for parameters that refer to one. */
function namedTypes(components) {
  const lines = components.split('\n').filter((line) => /^\S+: /u.test(line));
  return new Map(lines.map((line) => [line.split(':', 1)[0], line]));
}

function operationOf([title, ...lines], named) {
  const [, method, path, name] = /^## (\S+) (\S+) \[(\S+)\]/u.exec(title);
  const fact = { name: name === 'None' ? undefined : name, method, path };
  fact.parameters = {};
  fact.statuses = {};
  let status;
  let body;
  for (const line of lines) {
    const parameter = /^ {3}param (\S+) (\S+) (required)? *(.*)$/u.exec(line);
    const answer = /^ {3}RESP (\S+) \| hdr: *(.*)$/u.exec(line);
    const start = /^ {5}(REQ|RES) ([^:]+): (.*)$/u.exec(line);
    if (parameter !== null) {
      const [, place, key, required, words] = parameter;
      fact.parameters[`${place} ${key}`] = parameterOf(words, named, required !== undefined);
      body = undefined;
    } else if (answer !== null) {
      status = answer[1];
      fact.statuses[status] = answer[2].split(',').filter(Boolean).toSorted().join(' ');
      body = undefined;
    } else if (start !== null) {
      body = newNode('body', start[3]);
      if (start[1] === 'REQ') fact.request = { type: start[2], body };
      else if (status.startsWith('2')) {
        fact.response ??= { status: Number(status), type: start[2], body };
      }
    } else if (body !== undefined && line.startsWith('       ')) addLine(body, line);
  }
  fact.statuses = sorted(fact.statuses);
  fact.parameters = sorted(fact.parameters);
  for (const part of ['request', 'response']) {
    if (fact[part] === undefined) continue;
    const { body: tree, ...rest } = fact[part];
    const fields = sorted(fieldsOf(tree));
    // What only answers hold is no part of a request, whatever the schema that both share says.
    const isGiven = ([path]) => part === 'response' || !isReadOnly(fields, path);
    fact[part] = { ...rest, fields: Object.fromEntries(Object.entries(fields).filter(isGiven)) };
  }
  return fact;
}

function isReadOnly(fields, path) {
  return Object.entries(fields).some(
    ([holder, words]) =>
      words.includes(' readonly') &&
      (path === holder || (/^[.[{]/u.test(path.slice(holder.length)) && path.startsWith(holder))),
  );
}

function sorted(object) {
  return Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => order(a, b)));
}

/** A parameter's schema is printed as a Python literal, or refers to a named type. */
function parameterOf(words, named, required) {
  const ref = /schemas\/([^']+)'/u.exec(words)?.[1];
  const line = ref === undefined ? undefined : named.get(ref);
  if (line !== undefined) return wordsOf(newNode(ref, line.slice(line.indexOf(':') + 2)), required);
  const value = (key) => new RegExp(`'${key}': '?([^',}]+)`, 'u').exec(words)?.[1];
  const parts = [value('type') ?? 'string'];
  if (required) parts.push('required');
  for (const key of ['maximum', 'minimum', 'default']) {
    if (value(key) !== undefined) parts.push(`${key}=${value(key)}`);
  }
  return parts.join(' ');
}

/** One line of a body: `name*: type words`. Lines of a body are two spaces apart in depth. */
function newNode(name, words) {
  const [type] = words.split(' ');
  const read = (key) => new RegExp(`(?:^| )x?${key}=(\\S+)`, 'u').exec(words)?.[1];
  return {
    name: name.replace(/\*$/u, ''),
    required: name.endsWith('*'),
    type: type.startsWith('<') ? 'recursive' : type,
    readOnly: / RO(?: |$)/u.test(words),
    nullable: / nullable(?: |$)/u.test(words),
    isOpen: words.includes('xenum='),
    values: read('enum')?.split('|'),
    bounds: ['maximum', 'minimum', 'maxLength', 'minLength', 'maxItems', 'minItems']
      .filter((key) => read(key) !== undefined)
      .map((key) => `${key}=${read(key)}`),
    format: read('format'),
    children: [],
  };
}

function addLine(root, line) {
  const depth = (line.length - line.trimStart().length - 7) / 2;
  const match = /^([^:(]+): (.*)$/u.exec(line.trim());
  if (match === null) return;
  let parent = root;
  for (let level = 0; level < Math.floor(depth); level++) parent = parent.children.at(-1) ?? parent;
  parent.children.push(newNode(match[1], match[2]));
}

/** Fields by path. A field of some variants only is optional; values of variants are joined. */
function fieldsOf(node, path = '') {
  const variants = node.children.filter(({ name }) => /^(?:one|any|all)Of\[/u.test(name));
  const isAll = variants.some(({ name }) => name.startsWith('all'));
  const plain = node.children.filter((child) => !variants.includes(child));
  const fields = {};
  for (const child of plain) {
    const at = childPath(path, child.name);
    fields[at] = wordsOf(child, child.required);
    Object.assign(fields, fieldsOf(child, at));
  }
  const alternatives = variants.map((variant) => fieldsOf(variant, path));
  for (const key of new Set(alternatives.flatMap((one) => Object.keys(one)))) {
    const said = alternatives.map((one) => one[key]);
    fields[key] = joinWords(said, isAll);
  }
  return fields;
}

function childPath(path, name) {
  if (name === '[]' || name === '{*}') return `${path}${name}`;
  return path === '' ? name : `${path}.${name}`;
}

function joinWords(said, isAll) {
  const known = said.filter((words) => words !== undefined);
  const isRequired =
    known.every((words) => words.includes(' required')) && (isAll || known.length === said.length);
  const values = known.flatMap((words) => /enum=(\S+)/u.exec(words)?.[1].split('|') ?? []);
  const [type, ...rest] = known[0].split(' ');
  const other = rest.filter((word) => word !== 'required' && !/enum=/u.test(word));
  const key = known[0].includes('xenum=') ? 'xenum' : 'enum';
  return [
    type,
    ...(isRequired ? ['required'] : []),
    ...other,
    ...(values.length === 0 ? [] : [`${key}=${[...new Set(values)].toSorted(order).join('|')}`]),
  ].join(' ');
}

/** `string required readonly enum=A|B format=uri`; the values of `xenum` may grow. */
function wordsOf(node, required) {
  const parts = [node.type === '?' ? 'any' : node.type];
  if (required) parts.push('required');
  if (node.readOnly) parts.push('readonly');
  if (node.nullable) parts.push('nullable');
  if (node.format !== undefined) parts.push(`format=${node.format}`);
  parts.push(...node.bounds.toSorted(order));
  const values = node.values?.toSorted(order).join('|');
  if (values !== undefined) parts.push(`${node.isOpen ? 'xenum' : 'enum'}=${values}`);
  return parts.join(' ');
}
