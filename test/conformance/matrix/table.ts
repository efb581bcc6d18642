// Prints docs/clients.md: what each client can do with the broker, from the lists here and the recorded results.
import { CLIENTS, type ClientName } from './clients.ts';
import { FEATURE_NAMES, FEATURES, type Feature } from './features.ts';
import { KNOWN_FAILURES, KNOWN_TOOL_FAILURES } from './known-failures.ts';
import { findResults, type Cell } from './results.ts';
import { TOOL_NAMES, TOOLS } from './tools.ts';

const names = Object.keys(CLIENTS) as ClientName[];

/** One cell: what was recorded, unless the client cannot do it at all. */
function cell(client: ClientName, feature: Feature): string {
  if (CLIENTS[client].lacks[feature] !== undefined) return '–';
  return shown(findResults(client)?.cells[feature]);
}

function shown(seen: Cell | undefined): string {
  if (seen === undefined) return '?';
  return seen === 'passes' ? 'yes' : '**no**';
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function reasons(
  title: string,
  of: (client: ClientName) => Partial<Readonly<Record<Feature, string>>> | undefined,
): string[] {
  const lines = names.flatMap((client) => {
    const byReason = new Map<string, Feature[]>();
    for (const feature of FEATURE_NAMES) {
      const reason = of(client)?.[feature];
      if (reason !== undefined) byReason.set(reason, [...(byReason.get(reason) ?? []), feature]);
    }
    return [...byReason].map(
      ([reason, features]) =>
        `- ${CLIENTS[client].name}, ${features.map((feature) => `\`${feature}\``).join(', ')}: ${reason}.`,
    );
  });
  return ['', `## ${title}`, '', ...(lines.length > 0 ? lines : ['Nothing.'])];
}

const tools = findResults('kafka-tools');

const lines = [
  '# Clients',
  '',
  'What clients of every language do with the broker. Generated from `test/conformance` by `npm run gen`; the runs are',
  'recorded by `WEIRHOUSE_CONFORMANCE_RECORD=1 npm test`. **no**: it fails today. –: the client cannot do it. ?: not yet run.',
  'Each result was checked by a client of another library: [how](../test/conformance/README.md).',
  '',
  row(['client', 'language', 'version', 'last recorded']),
  row(['---', '---', '---', '---']),
  ...names.map((client) => {
    const { name, language } = CLIENTS[client];
    const { version = '?', date = 'never' } = findResults(client) ?? {};
    return row([name, language, version, date]);
  }),
  '',
  row(['feature', 'the client …', ...names]),
  row(['---', '---', ...names.map(() => '---')]),
  ...FEATURE_NAMES.map((feature) =>
    row([`\`${feature}\``, FEATURES[feature], ...names.map((client) => cell(client, feature))]),
  ),
  '',
  '## Kafka’s own tools',
  '',
  `As they come with Apache Kafka ${tools?.version ?? ''}, unmodified; last recorded on ${tools?.date ?? 'no day yet'}.`,
  '',
  row(['tool', 'what is tried', 'works']),
  row(['---', '---', '---']),
  ...TOOL_NAMES.map((tool) => row([`\`${tool}\``, TOOLS[tool].does, shown(tools?.cells[tool])])),
  ...reasons('Fails today', (client) => KNOWN_FAILURES[client]),
  ...Object.entries(KNOWN_TOOL_FAILURES).map(([tool, reason]) => `- \`${tool}\`: ${reason}.`),
  ...reasons('The client cannot', (client) => CLIENTS[client].lacks),
];
process.stdout.write(`${lines.join('\n')}\n`);
