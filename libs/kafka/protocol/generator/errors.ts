/**
 * Writes src/errors/kafka-errors.ts from schemas/errors.json (Kafka 4.3.1).
 * `node libs/kafka/protocol/generator/errors.ts` writes it; with `--check` it only compares, and
 * exits with 1 when the committed file is not what the data gives.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface ErrorRow {
  readonly code: number;
  readonly name: string;
  readonly retriable: boolean;
  readonly refreshMetadata: boolean;
}

const SOURCE = new URL('../schemas/errors.json', import.meta.url);
const TARGET = new URL('../src/errors/kafka-errors.ts', import.meta.url);
const LINE_CHARACTERS_MAX = 100;

function render(rows: readonly ErrorRow[]): string {
  return [
    '// Generated from schemas/errors.json by `node libs/kafka/protocol/generator/errors.ts`.',
    '// Change the data and run that command; a change here is lost.',
    '',
    '/** Error codes of Kafka 4.3.1 by name, as they stand in responses. */',
    'export const KafkaError = {',
    ...rows.map((row) => `  ${row.name}: ${row.code},`),
    '} as const;',
    '',
    '/** Codes after which a client tries the same request again. */',
    ...renderSet(
      'RETRIABLE_CODES',
      rows.filter((row) => row.retriable),
    ),
    '',
    '/** Retriable codes before which the client fetches metadata: it asked the wrong broker. */',
    ...renderSet(
      'METADATA_REFRESHING_CODES',
      rows.filter((row) => row.refreshMetadata),
    ),
    '',
  ].join('\n');
}

/** As oxfmt sets it: numbers fill their lines, unlike other lists. */
function renderSet(name: string, rows: readonly ErrorRow[]): string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const { code } of rows) {
    if (line.length + ` ${code},`.length > LINE_CHARACTERS_MAX) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${code},`;
  }
  return [`export const ${name}: ReadonlySet<number> = new Set([`, ...lines, line, ']);'];
}

const rows = JSON.parse(readFileSync(SOURCE, 'utf8')) as readonly ErrorRow[];
const rendered = render(rows);
if (!process.argv.includes('--check')) {
  writeFileSync(TARGET, rendered);
} else if (readFileSync(TARGET, 'utf8') !== rendered) {
  process.stderr.write('src/errors/kafka-errors.ts differs from schemas/errors.json\n');
  process.exitCode = 1;
}
