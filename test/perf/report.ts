import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { outcomesOf, type Aim, type Figures, type Outcome, type Spread } from './figures.ts';
import { ROWS } from './rows/catalogue.ts';

/** What a run was made on and with; every printed figure stands below it. */
export interface Circumstances {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly kafka: string;
  readonly loadBefore: number;
  readonly rounds: number;
  readonly isQuick: boolean;
}

/** The circumstances of a run that starts now. */
export function circumstances(
  kafka: string | undefined,
  of: { readonly rounds: number; readonly isQuick: boolean },
): Circumstances {
  const [cpu] = cpus();
  const memoryGib = (totalmem() / 2 ** 30).toFixed(0);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${memoryGib} GiB, Linux ${release()}`,
    node: process.version,
    kafka: kafka === undefined ? 'none' : `Apache Kafka ${kafka}`,
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
    rounds: of.rounds,
    isQuick: of.isQuick,
  };
}

/** One line that says where the figures come from. */
export function heading(of: Circumstances): string {
  const extent = `${of.isQuick ? 'quick' : 'full'} run, ${of.rounds} rounds`;
  return `${of.date}, ${of.machine}, Node ${of.node}, ${of.kafka}; load before ${of.loadBefore}; ${extent}.`;
}

/** The same where nothing is compared with Kafka. */
export function machineLine(of: Circumstances): string {
  return `${of.date}, ${of.machine}, Node ${of.node}; load before ${of.loadBefore}; ${of.isQuick ? 'quick' : 'full'} run.`;
}

/** Rows in the table's order; those that were not asked for are left out. */
export function tableOf(
  figures: Figures,
  wants: (row: string) => boolean,
): readonly (readonly string[])[] {
  const lines = ROWS.filter(({ id }) => wants(id)).flatMap((row) =>
    row.notMeasured === undefined
      ? outcomesOf(row, figures).map(cellsOf)
      : [[row.id, '', '', '', '', '', `not measured: ${row.notMeasured}`]],
  );
  const kinds = ['row', 'figure', 'ours', 'reference', 'ratio', 'target', 'verdict'];
  return [kinds, ...lines];
}

function cellsOf({ row, figure, ours, reference, ratio, verdict }: Outcome): readonly string[] {
  const show = (spread: Spread | undefined): string => spreadText(spread, figure.digits);
  const times = ratio === undefined ? '' : `${ratio.toFixed(2)}x`;
  return [row.id, figure.name, show(ours), show(reference), times, aimText(figure.aim), verdict];
}

function spreadText(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return '-';
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) =>
    value.toFixed(digits),
  );
  return min === max ? `${median}` : `${median} (${min}-${max})`;
}

function aimText(aim: Aim | undefined): string {
  if (aim === undefined) return '';
  return `${aim.bound === 'at least' ? '>=' : '<='} ${aim.value}${aim.of === 'ratio' ? 'x' : ''}`;
}

/** The table for a terminal. */
export function plainTable(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((cells) => cells[column]?.length ?? 0)),
  );
  return table
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Puts heading and table between the markers of a document. Throws when it has none. */
export function writeInto(
  file: string,
  {
    mark,
    title,
    table,
  }: {
    readonly mark: string;
    readonly title: string;
    readonly table: readonly (readonly string[])[];
  },
): void {
  const [header = [], ...rows] = table;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const text = [title, '', line(header), line(header.map(() => '---')), ...rows.map(line)].join(
    '\n',
  );
  const before = readFileSync(file, 'utf8');
  const marked = new RegExp(`(<!-- bench ${mark} -->\\n)[\\s\\S]*?(\\n<!-- end -->)`, 'u');
  if (!marked.test(before)) throw new Error(`${file} has no place for the table`);
  writeFileSync(
    file,
    before.replace(marked, (_all, start: string, end: string) => `${start}\n${text}\n${end}`),
  );
}

/** Everything that was measured, for machines. */
export function writeJson(file: string, of: Circumstances, figures: Figures): void {
  const outcomes = ROWS.flatMap((row) => outcomesOf(row, figures))
    .filter(({ ours }) => ours !== undefined)
    .map(({ row, figure, ours, reference, ratio, verdict }) => ({
      row: row.id,
      what: row.what,
      figure: figure.name,
      ours,
      reference,
      ratio,
      target: aimText(figure.aim),
      verdict,
    }));
  writeFileSync(file, `${JSON.stringify({ ...of, outcomes }, null, 2)}\n`);
}
