import type { Side } from './nodes/node.ts';

/** Who a value belongs to; `loopback` is the bare server that stands in where there is no Kafka. */
export type Subject = Side | 'loopback';

/** What a figure is to reach: `ratio` to Kafka's in the same run, or `ours` as an absolute value. */
export interface Aim {
  readonly of: 'ratio' | 'ours';
  readonly bound: 'at least' | 'at most';
  readonly value: number;
}

export interface FigureSpec {
  readonly name: string;
  readonly digits: number;
  readonly aim?: Aim;
}

/** One row of the table: what is measured, in which figures, and why not if it is not. */
export interface RowSpec {
  readonly id: string;
  readonly what: string;
  readonly figures: readonly FigureSpec[];
  readonly notMeasured?: string;
}

/** Median and range of a figure's values. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Outcome {
  readonly row: RowSpec;
  readonly figure: FigureSpec;
  readonly ours: Spread | undefined;
  readonly reference: Spread | undefined;
  readonly ratio: number | undefined;
  readonly verdict: 'met' | 'missed' | 'not measured' | '';
}

/** Collects the values of a run by row, figure and subject. */
export class Figures {
  readonly #values = new Map<string, number[]>();

  add(row: string, subject: Subject, values: Readonly<Record<string, number>>): void {
    for (const [figure, value] of Object.entries(values)) {
      const key = `${row} ${figure} ${subject}`;
      this.#values.set(key, [...(this.#values.get(key) ?? []), value]);
    }
  }

  spread(row: string, figure: string, subject: Subject): Spread | undefined {
    const sorted = this.#values.get(`${row} ${figure} ${subject}`)?.toSorted((a, b) => a - b);
    if (sorted === undefined) return undefined;
    const middle = (sorted.length - 1) / 2;
    const low = sorted[Math.floor(middle)] ?? Number.NaN;
    const high = sorted[Math.ceil(middle)] ?? Number.NaN;
    return { median: (low + high) / 2, min: sorted[0] ?? low, max: sorted.at(-1) ?? high };
  }
}

/** The row's figures side by side; a ratio counts for the verdict only against Kafka. */
export function outcomesOf(row: RowSpec, figures: Figures): readonly Outcome[] {
  return row.figures.map((figure) => {
    const ours = figures.spread(row.id, figure.name, 'weirhouse');
    const kafka = figures.spread(row.id, figure.name, 'kafka');
    const reference = kafka ?? figures.spread(row.id, figure.name, 'loopback');
    const ratio =
      ours === undefined || reference === undefined ? undefined : ours.median / reference.median;
    const judged = figure.aim?.of === 'ours' ? ours?.median : kafka && ratio;
    return { row, figure, ours, reference, ratio, verdict: verdictOf(figure.aim, judged) };
  });
}

function verdictOf(aim: Aim | undefined, value: number | undefined): Outcome['verdict'] {
  if (aim === undefined) return '';
  if (value === undefined || Number.isNaN(value)) return 'not measured';
  const isMet = aim.bound === 'at least' ? value >= aim.value : value <= aim.value;
  return isMet ? 'met' : 'missed';
}
