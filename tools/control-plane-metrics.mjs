// Prints the metrics of the control plane as a table: those that Node has, from their registry, and its own, from
// the places in its sources that make them. Its sources have decorators, so they cannot be run as they are.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistry } from '@weirhouse/shared-observability';
import { parseSync } from 'oxc-parser';

const KINDS = ['Counter', 'Gauge', 'Histogram', 'Summary'];
const sources = join(import.meta.dirname, '../apps/control-plane/src');

const rows = [
  ...createRegistry('control_plane')
    .getMetricsAsArray()
    .map(({ name, type, help, labelNames = [] }) => ({ name, type, help, labels: labelNames })),
  ...globSync('**/*.ts', { cwd: sources })
    .filter((path) => !/\.spec\.ts$|^database\/generated\//u.test(path))
    .flatMap(metricsOf),
].toSorted((a, b) => (a.name < b.name ? -1 : 1));

process.stdout.write(
  [
    '',
    '# Metrics of the control plane',
    '',
    'Served at `/metrics` beside the REST API, to whoever can reach it: no label has a tenant in it. What to watch and',
    'what to do is in [operations](operations.md#operating-the-control-plane).',
    '',
    '| metric | type | labels | what it says |',
    '|---|---|---|---|',
    ...rows.map(({ name, type, labels, help }) => {
      const names = labels.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${type} | ${names} | ${/[.!?]$/u.test(help) ? help : `${help}.`} |`;
    }),
    '',
  ].join('\n'),
);

/** What a source makes by `new Gauge({ name, help, labelNames })` and its like. */
function metricsOf(path) {
  const text = readFileSync(join(sources, path), 'utf8');
  if (!KINDS.some((kind) => text.includes(`new ${kind}(`))) return [];
  const found = [];
  visit(parseSync(path, text).program, (node) => {
    if (node.type !== 'NewExpression' || !KINDS.includes(node.callee.name)) return;
    const [options] = node.arguments;
    const name = valueOf(options, 'name');
    const help = valueOf(options, 'help');
    if (typeof name !== 'string' || typeof help !== 'string')
      throw new Error(
        `${path}: the name and the help of a metric must be written where it is made`,
      );
    found.push({
      name,
      help,
      type: node.callee.name.toLowerCase(),
      labels: valueOf(options, 'labelNames') ?? [],
    });
  });
  return found;
}

function visit(node, see) {
  if (typeof node !== 'object' || node === null) return;
  if (Array.isArray(node)) return node.forEach((child) => visit(child, see));
  if (typeof node.type === 'string') see(node);
  for (const child of Object.values(node)) visit(child, see);
}

/** A literal, or an array of literals. */
function valueOf(options, key) {
  const value = options?.properties?.find((property) => property.key?.name === key)?.value;
  return value?.type === 'ArrayExpression'
    ? value.elements.map((element) => element.value)
    : value?.value;
}
