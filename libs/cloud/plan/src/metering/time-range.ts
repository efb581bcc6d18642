import { AppError } from '@weirhouse/shared-kernel';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** From a time to before another, in ms. */
export interface TimeRange {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Lengths of time that points can be of, and the longest interval that each may be asked for. */
export const GRANULARITIES = {
  PT1M: { lengthMs: MINUTE_MS, spanMs: 6 * HOUR_MS },
  PT5M: { lengthMs: 5 * MINUTE_MS, spanMs: DAY_MS },
  PT15M: { lengthMs: 15 * MINUTE_MS, spanMs: 4 * DAY_MS },
  PT30M: { lengthMs: 30 * MINUTE_MS, spanMs: 7 * DAY_MS },
  PT1H: { lengthMs: HOUR_MS, spanMs: 31 * DAY_MS },
  PT4H: { lengthMs: 4 * HOUR_MS, spanMs: 62 * DAY_MS },
  PT6H: { lengthMs: 6 * HOUR_MS, spanMs: 62 * DAY_MS },
  PT12H: { lengthMs: 12 * HOUR_MS, spanMs: 400 * DAY_MS },
  P1D: { lengthMs: DAY_MS, spanMs: 400 * DAY_MS },
  /** One point for the whole interval. */
  ALL: { lengthMs: Infinity, spanMs: 400 * DAY_MS },
} as const;

/** How long the time is that a point stands for. */
export type Granularity = keyof typeof GRANULARITIES;

const UNITS: Readonly<Record<string, number>> = {
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
};

/**
 * Reads `<start>/<end>`, `<start>/<duration>` or `<duration>/<end>` (ISO 8601). A time may be `now`, `now-2h`
 * or `now-2h|h`: with something taken off, and rounded down to a unit. Throws `invalid_argument`.
 */
export function parseInterval(text: string, nowMs: number): TimeRange {
  const [first = '', second = '', ...rest] = text.split('/');
  const [start, end] = [first, second].map((part) => parseTime(part, nowMs));
  const [before, after] = [first, second].map(parseDuration);
  const fromMs = start ?? (end !== undefined && before !== undefined ? end - before : undefined);
  const untilMs = end ?? (start !== undefined && after !== undefined ? start + after : undefined);
  if (rest.length > 0 || fromMs === undefined || untilMs === undefined)
    throw new AppError(
      'invalid_argument',
      `intervals: ${JSON.stringify(text.slice(0, 80))} is no interval; write <start>/<end>, <start>/<duration> or <duration>/<end>, such as 2026-01-01T00:00:00Z/PT1H or PT1H/now.`,
      { field: 'intervals' },
    );
  if (fromMs >= untilMs)
    throw new AppError('invalid_argument', `intervals: ${text} ends before it begins.`, {
      field: 'intervals',
    });
  return { fromMs, untilMs };
}

/** Throws `invalid_argument` for intervals that are too long together for points of a length. */
export function requireSpan(granularity: Granularity, ranges: readonly TimeRange[]): void {
  const { spanMs } = GRANULARITIES[granularity];
  const askedMs = unionOf(ranges).reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
  if (askedMs <= spanMs) return;
  const longest = spanMs >= DAY_MS ? `${spanMs / DAY_MS} days` : `${spanMs / HOUR_MS} hours`;
  throw new AppError(
    'invalid_argument',
    `intervals: at most ${longest} can be asked for with granularity ${granularity}; shorten the interval or take a coarser one.`,
    { field: 'intervals' },
  );
}

/** The same time without what is said twice, in order. */
export function unionOf(ranges: readonly TimeRange[]): readonly TimeRange[] {
  const union: TimeRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = union.at(-1);
    if (last === undefined || last.untilMs < range.fromMs) union.push(range);
    else union[union.length - 1] = { ...last, untilMs: Math.max(last.untilMs, range.untilMs) };
  }
  return union;
}

function parseTime(text: string, nowMs: number): number | undefined {
  const relative = /^now(?:([+-]\d{1,6})([smhd]))?(?:\|([smhd]))?$/u.exec(text);
  if (relative !== null) {
    const [, count = '0', unit = 's', rounded] = relative;
    const ms = nowMs + Number(count) * (UNITS[unit] ?? 0);
    return rounded === undefined ? ms : ms - (ms % (UNITS[rounded] ?? 1));
  }
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/u.test(text);
  const ms = isTime ? new Date(text).getTime() : Number.NaN;
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

/** PnDTnHnMnS, up to a few years. */
function parseDuration(text: string): number | undefined {
  const parts = /^P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$/u.exec(text);
  if (parts === null) return undefined;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  const ms =
    (days ?? 0) * DAY_MS +
    (hours ?? 0) * HOUR_MS +
    (minutes ?? 0) * MINUTE_MS +
    (seconds ?? 0) * SECOND_MS;
  return ms > 0 ? ms : undefined;
}
