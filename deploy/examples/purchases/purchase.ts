// What travels through the topics.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One line of purchases.csv. Lines are numbered from 1 and never change: the number is the purchase's id. */
export interface Purchase {
  readonly line: number;
  readonly customer: string;
  readonly item: string;
  readonly quantity: number;
  readonly priceCents: number;
}

/** What is known of one customer after its purchase `lastLine`. */
export interface Total {
  readonly customer: string;
  readonly purchases: number;
  readonly cents: number;
  readonly lastLine: number;
}

export function readPurchases(): readonly Purchase[] {
  const [, ...lines] = readFileSync(join(import.meta.dirname, 'purchases.csv'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((text) => {
    const [line, customer = '', item = '', quantity, priceCents] = text.split(',');
    return {
      line: Number(line),
      customer,
      item,
      quantity: Number(quantity),
      priceCents: Number(priceCents),
    };
  });
}

/** The same customer always lands in the same partition, so its purchases stay in order. */
export function partitionOf(customer: string, partitions: number): number {
  let hash = 0;
  for (const character of customer) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % partitions;
}

/** The total after one more purchase; a purchase that is in it already changes nothing. */
export function addPurchase(total: Total | undefined, purchase: Purchase): Total {
  if (total !== undefined && purchase.line <= total.lastLine) return total;
  return {
    customer: purchase.customer,
    purchases: (total?.purchases ?? 0) + 1,
    cents: (total?.cents ?? 0) + purchase.quantity * purchase.priceCents,
    lastLine: purchase.line,
  };
}

/** Totals of all customers as a table. */
export function totalsTable(totals: Iterable<Total>): string {
  const rows = [...totals]
    .toSorted((a, b) => a.customer.localeCompare(b.customer))
    .map(({ customer, purchases, cents }) => [
      customer,
      String(purchases),
      (cents / 100).toFixed(2),
    ]);
  const lines = [['customer', 'purchases', 'total'], ...rows].map(
    ([customer = '', purchases = '', total = '']) =>
      `${customer.padEnd(14)}${purchases.padStart(10)}${total.padStart(12)}`,
  );
  return lines.join('\n');
}
