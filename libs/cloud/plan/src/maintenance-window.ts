/** When brokers may be restarted without need; times are UTC. */
export interface MaintenanceWindow {
  /** 0 = Sunday ... 6 = Saturday; never empty. */
  readonly days: readonly number[];
  readonly startMinute: number;
  readonly durationMinutes: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const DAYS = 7;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 4;

/**
 * Whether the window is open, and if not, when it opens next. A window that begins before midnight
 * goes on into the next day. No window = always open.
 */
export function windowAt(
  window: MaintenanceWindow | undefined,
  nowMs: number,
): { readonly isOpen: true } | { readonly isOpen: false; readonly opensAtMs: number } {
  if (window === undefined) return { isOpen: true };
  const today = Math.floor(nowMs / DAY_MS);
  let opensAtMs = Number.POSITIVE_INFINITY;
  for (let day = today - 1; day <= today + DAYS; day += 1) {
    if (!window.days.includes((day + FIRST_WEEKDAY) % DAYS)) continue;
    const startMs = day * DAY_MS + window.startMinute * MINUTE_MS;
    const endMs = startMs + window.durationMinutes * MINUTE_MS;
    if (nowMs >= startMs && nowMs < endMs) return { isOpen: true };
    if (startMs > nowMs) opensAtMs = Math.min(opensAtMs, startMs);
  }
  return { isOpen: false, opensAtMs };
}
