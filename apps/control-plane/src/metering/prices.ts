import { readFileSync } from 'node:fs';
import { COST_LINES } from '@weirhouse/cloud-contract';
import type { Prices } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { z } from 'zod';

const PricesSchema = z.strictObject(
  Object.fromEntries(COST_LINES.map((line) => [line, z.number().min(0).optional()])),
);

/** Reads the operator's prices; without a file everything is free. Throws `invalid_argument`. */
export function readPrices(path: string | undefined): Prices {
  if (path === undefined) return {};
  const wrong = (reason: string, cause?: unknown): AppError =>
    new AppError('invalid_argument', `WEIRHOUSE_PRICES_FILE ${path}: ${reason}`, {
      field: 'WEIRHOUSE_PRICES_FILE',
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw wrong('it cannot be read as JSON.', cause);
  }
  const parsed = PricesSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw wrong(`write {"LINE": price, ...} with lines among ${COST_LINES.join(', ')}.`);
}
