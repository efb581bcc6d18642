import type { COST_LINES } from '@weirhouse/cloud-contract';

const GIGABYTE = 1e9;
const MINUTES = 60;

/** What is paid for. */
export type CostLine = (typeof COST_LINES)[number];

/** The operator's price of a unit of each line; what is not named is free. */
export type Prices = Readonly<Partial<Record<CostLine, number>>>;

/** What a cluster used in a day. */
export interface DayUsage {
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly minutes: number;
  readonly retainedByteMinutes: number;
  readonly partitionMinutes: number;
  readonly ckuMinutes: number;
}

/** One line of a bill. */
export interface CostItem {
  readonly line: CostLine;
  readonly unit: string;
  readonly quantity: number;
  readonly price: number;
  readonly amount: number;
}

interface LineRule {
  readonly line: CostLine;
  readonly unit: string;
  readonly quantityOf: (usage: DayUsage) => number;
}

const LINES: readonly LineRule[] = [
  { line: 'KAFKA_BASE', unit: 'Hour', quantityOf: ({ minutes }) => minutes / MINUTES },
  {
    line: 'KAFKA_NUM_CKUS',
    unit: 'CKU-hour',
    quantityOf: ({ ckuMinutes }) => ckuMinutes / MINUTES,
  },
  {
    line: 'KAFKA_NETWORK_WRITE',
    unit: 'GB',
    quantityOf: ({ receivedBytes }) => receivedBytes / GIGABYTE,
  },
  { line: 'KAFKA_NETWORK_READ', unit: 'GB', quantityOf: ({ sentBytes }) => sentBytes / GIGABYTE },
  {
    line: 'KAFKA_STORAGE',
    unit: 'GB-hour',
    quantityOf: ({ retainedByteMinutes }) => retainedByteMinutes / MINUTES / GIGABYTE,
  },
  {
    line: 'KAFKA_PARTITION',
    unit: 'Partition-hour',
    quantityOf: ({ partitionMinutes }) => partitionMinutes / MINUTES,
  },
];

/** The lines of a cluster's day; what was not used has none. */
export function costsOf(usage: DayUsage, prices: Prices): readonly CostItem[] {
  return LINES.flatMap(({ line, quantityOf, unit }) => {
    const quantity = quantityOf(usage);
    if (quantity <= 0) return [];
    const price = prices[line] ?? 0;
    return [{ line, unit, quantity, price, amount: quantity * price }];
  });
}
