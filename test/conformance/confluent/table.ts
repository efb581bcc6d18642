// The part of docs/compatibility.md about Confluent Cloud's REST contract: every operation, and what differs.
import { PURPOSES } from './differences.ts';
import { readOurFacts, shapeOfPath } from './our-facts.ts';
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
    '',
    "Served beyond it, as in the API of the Kafka REST proxy that the cloud's description is a part of:",
    '',
    '| operation | method and path |',
    '|---|---|',
    ...furtherKafkaRoutes(states),
  ];
}

/** Routes of kafka/v3 that the published facts do not hold. */
function furtherKafkaRoutes(states: readonly OperationState[]): readonly string[] {
  const published = new Set(
    states.map(({ theirs }) => `${theirs.method} ${shapeOfPath(theirs.path)}`),
  );
  return [...readOurFacts()]
    .filter(([key, { path }]) => path.startsWith('/kafka/v3/') && !published.has(key))
    .map(([, { method, name, path }]) => `| ${name ?? ''} | ${method} \`${path}\` |`)
    .toSorted();
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
