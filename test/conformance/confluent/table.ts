// The part of docs/compatibility.md about Confluent Cloud's REST contract: every operation, and what differs.
import { PURPOSES } from './differences.ts';
import { readStates, type OperationState } from './state.ts';

/** A reason that holds for this many operations is said once, above the table. */
const COMMON_MIN = 12;

/** The lines of the page. */
export function contractTable(): readonly string[] {
  const states = readStates();
  const count = (state: string): number => states.filter((one) => stateOf(one) === state).length;
  const common = new Set(
    PURPOSES.map(({ reason }) => reason).filter(
      (reason) => states.filter((one) => reasonsOf(one).includes(reason)).length >= COMMON_MIN,
    ),
  );
  return [
    '## REST contract',
    '',
    "What the control plane serves of Confluent Cloud's REST contract. Generated from the route table and from the facts of",
    'the published contract in `test/conformance/confluent` (`npm run gen`); the tests there hold the two together.',
    '',
    `Of ${states.length} operations ${count('served')} are served, ${count('not offered')} are not offered and ${count('not yet')} are not there yet.`,
    '',
    'Everywhere:',
    '',
    ...[...common].map((reason) => `- ${sentence(reason)}`),
    '- Each operation may answer 413 and 415 to a body, and 404 to what the caller may not see.',
    '',
    '| operation | method and path | state | what differs |',
    '|---|---|---|---|',
    ...states.map((state) => {
      const reasons = [...reasonsOf(state)].filter((reason) => !common.has(reason));
      const { method, path } = state.theirs;
      return `| ${state.theirs.name ?? ''} | ${method} \`${path}\` | ${stateOf(state)} | ${reasons.join('; ')} |`;
    }),
  ];
}

function stateOf({ ours, notOffered }: OperationState): string {
  if (ours !== undefined) return 'served';
  return notOffered === undefined ? 'not yet' : 'not offered';
}

function reasonsOf({ notOffered, differences }: OperationState): readonly string[] {
  if (notOffered !== undefined) return [notOffered];
  const reasons = differences.map(
    ({ purpose, place, what }) => purpose?.reason ?? `**${place}: ${what}**`,
  );
  return [...new Set(reasons)];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
