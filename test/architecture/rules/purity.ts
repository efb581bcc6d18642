import { parseSync } from 'oxc-parser';
import { importsOf, isSpec, packageOf, projectOf, type Repository } from '../repository.ts';

/** Globals through which time, randomness, I/O or concurrency would slip into a pure lib. */
const FORBIDDEN_GLOBALS = new Set([
  'Date',
  'console',
  'process',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'clearTimeout',
  'fetch',
  'Promise',
  'crypto',
  'globalThis',
]);

/** Packages that only compute; a pure lib may use them. */
const COMPUTING_PACKAGES = new Set(['zod', '@mongodb-js/saslprep', 're2js', 'yaml']);

/** Pure libs: no I/O, clock, randomness, console, process, promises; those arrive through ports. */
export function purityFaults(repository: Repository): string[] {
  const faults: string[] = [];
  for (const [path, text] of repository.sources) {
    const project = projectOf(repository, path);
    if (project?.tags.includes('type:pure') !== true || path.endsWith('.spec.ts')) continue;
    for (const { specifier, typeOnly } of importsOf(path, text)) {
      const name = packageOf(specifier);
      if (specifier.startsWith('node:') && !typeOnly) faults.push(`${path}: imports ${specifier}`);
      else if (
        name !== undefined &&
        !typeOnly &&
        !name.startsWith('@weirhouse/') &&
        !COMPUTING_PACKAGES.has(name) &&
        !isSpec(path)
      )
        faults.push(`${path}: imports ${specifier}, which is not known to be pure`);
    }
    faults.push(...forbiddenUses(path, text));
  }
  return faults;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

function forbiddenUses(path: string, text: string): string[] {
  const faults: string[] = [];
  const at = (node: Node): string => `${path}:${text.slice(0, node.start).split('\n').length}`;
  const declared = new Set<string>();
  const uses: Node[] = [];
  walk(parseSync(path, text).program as unknown as Node, (node, parent, key) => {
    if (node['async'] === true && /Function/.test(node.type))
      faults.push(`${at(node)}: async function`);
    if (node.type === 'AwaitExpression') faults.push(`${at(node)}: awaits`);
    if (node.type === 'MemberExpression' && isMathRandom(node))
      faults.push(`${at(node)}: uses Math.random`);
    if (node.type !== 'Identifier') return;
    if (isName(parent, key) || isConversion(node, parent, key)) return;
    if (isBinding(parent, key)) declared.add(String(node['name']));
    else if (FORBIDDEN_GLOBALS.has(String(node['name']))) uses.push(node);
  });
  for (const node of uses)
    if (!declared.has(String(node['name'])))
      faults.push(`${at(node)}: uses ${String(node['name'])}`);
  return faults;
}

function isMathRandom(node: Node): boolean {
  const [object, property] = [node['object'], node['property']] as [Node, Node];
  return object['name'] === 'Math' && property['name'] === 'random';
}

/** `new Date(ms)` only converts; `new Date()` and `Date.now()` read the clock. */
function isConversion(node: Node, parent: Node, key: string): boolean {
  const given = parent['arguments'] as readonly unknown[] | undefined;
  return (
    node['name'] === 'Date' &&
    parent.type === 'NewExpression' &&
    key === 'callee' &&
    given?.length === 1
  );
}

/** A property or member name, which refers to no global. */
function isName(parent: Node, key: string): boolean {
  if (parent['computed'] === true) return false;
  if (parent.type === 'MemberExpression') return key === 'property';
  if (parent.type === 'Property') return key === 'key' && parent['shorthand'] !== true;
  return key === 'key' || parent.type === 'TSQualifiedName';
}

/** The place where a local name is made. */
function isBinding(parent: Node, key: string): boolean {
  if (parent.type === 'VariableDeclarator') return key === 'id';
  if (/Function|TSCallSignature|TSMethodSignature|TSFunctionType/.test(parent.type))
    return key === 'params' || key === 'id';
  return (
    /^Import.*Specifier$/.test(parent.type) ||
    parent.type === 'RestElement' ||
    parent.type === 'ArrayPattern' ||
    (parent.type === 'AssignmentPattern' && key === 'left') ||
    (parent.type === 'Property' && parent['inPattern'] === true)
  );
}

function walk(node: Node, visit: (node: Node, parent: Node, key: string) => void): void {
  for (const [key, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child === null || typeof child !== 'object' || typeof (child as Node).type !== 'string')
        continue;
      const inPattern = node.type === 'ObjectPattern' && (child as Node).type === 'Property';
      const next = (inPattern ? { ...(child as Node), inPattern } : child) as Node;
      visit(next, node, key);
      walk(next, visit);
    }
  }
}
