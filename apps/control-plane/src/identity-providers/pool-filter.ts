import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { AppError } from '@weirhouse/shared-kernel';
import { RE2JS } from 're2js';

/** Parts of one filter; what people write has some ten. */
const NODES_MAX = 200;
const DEPTH_MAX = 24;
/** Longest regular expression, in characters. */
const PATTERN_CHARS_MAX = 256;
/** What walks through a list: one inside another would take as long as both lists multiplied. */
const LOOPS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
/** Stands for `matches`, whose own form would take a stranger's pattern for ever. */
const LINEAR_MATCHES = 'linear_matches';

/** Whether a token's claims pass. Throws `invalid_argument` when the filter does not fit them. */
export type PoolFilter = (claims: Readonly<Record<string, unknown>>) => boolean;

const environment = new Environment({
  limits: {
    maxAstNodes: NODES_MAX,
    maxDepth: DEPTH_MAX,
    maxListElements: 100,
    maxMapEntries: 20,
    maxCallArguments: 4,
  },
})
  .registerVariable('claims', 'map')
  .registerFunction(`string.${LINEAR_MATCHES}(string): bool`, matchesLinearly);

/**
 * Compiles a filter in CEL over `claims`. It ends soon whatever the claims are: there are no loops
 * in loops, regular expressions are RE2's, and its size is bounded. Throws `invalid_argument`.
 */
export function compileFilter(text: string): PoolFilter {
  try {
    const program = environment.parse(withLinearMatches(text));
    const { valid, type, error } = program.check();
    if (!valid) throw error ?? new Error('it does not fit its types');
    if (type !== 'bool' && type !== 'dyn') throw new Error(`it answers ${type}, not true or false`);
    return (claims) => evaluate(() => program({ claims }) as unknown);
  } catch (error) {
    throw refuse(`is not valid: ${firstLine(error)}`, error);
  }
}

function evaluate(run: () => unknown): boolean {
  try {
    return run() === true;
  } catch (error) {
    throw refuse(`does not fit the claims: ${firstLine(error)}`, error);
  }
}

/** The same filter with `matches` replaced, from its end so that places before it stay. */
function withLinearMatches(text: string): string {
  const { ast } = environment.parse(text);
  const calls = callsIn(ast, 0).filter(({ name }) => name === 'matches');
  return calls
    .toSorted((a, b) => b.from - a.from)
    .reduce((filter, { from, to }) => {
      const call = filter.slice(from, to).replace('matches', LINEAR_MATCHES);
      return filter.slice(0, from) + call + filter.slice(to);
    }, text);
}

/** A call on a receiver, and where between receiver and arguments its name stands. */
interface Call {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

function callsIn(node: ASTNode, loops: number): readonly Call[] {
  if (node.op !== 'rcall') return childrenOf(node.args).flatMap((child) => callsIn(child, loops));
  const [name, receiver, given] = node.args;
  const inner = LOOPS.has(name) ? loops + 1 : loops;
  if (inner > 1) throw new Error(`${name} stands inside another loop`);
  const call = { name, from: receiver.end, to: given[0]?.start ?? node.end };
  const inside = given.flatMap((child) => callsIn(child, inner));
  return [call, ...callsIn(receiver, loops), ...inside];
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}

function matchesLinearly(text: string, pattern: string): boolean {
  if (pattern.length > PATTERN_CHARS_MAX) throw new Error('a regular expression is too long');
  return RE2JS.compile(pattern).matcher(text).find();
}

function refuse(reason: string, cause: unknown): AppError {
  return new AppError('invalid_argument', `The filter ${reason}.`, { field: '/filter', cause });
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
