import { spawnSync } from 'node:child_process';
import type { Figures, Subject } from '../figures.ts';
import type { KafkaHome } from '../kafka/kafka-home.ts';
import { kafkaNode } from '../nodes/kafka-node.ts';
import type { BenchNode, Side } from '../nodes/node.ts';
import { weirhouseNode } from '../nodes/weirhouse-node.ts';

const SYNC_MS_MAX = 60_000;

/** One run of the bench: who is compared, how long, and what was seen so far. */
export interface BenchRun {
  /** Undefined when there is no Kafka: then only our side runs. */
  readonly kafka: KafkaHome | undefined;
  /** Data folders go below it. */
  readonly folder: string;
  readonly rounds: number;
  readonly isQuick: boolean;
  readonly figures: Figures;
  /** Rows that are asked for. */
  readonly wants: (row: string) => boolean;
}

/** A fresh node of each side that takes part. */
export async function nodesOf(run: BenchRun, purpose: string): Promise<readonly BenchNode[]> {
  const ours = await weirhouseNode(`${run.folder}/${purpose}-weirhouse`);
  if (run.kafka === undefined) return [ours];
  return [ours, await kafkaNode(`${run.folder}/${purpose}-kafka`, run.kafka)];
}

/** Notes what was measured and shows it. */
export function note(
  run: BenchRun,
  row: string,
  of: { readonly subject: Subject; readonly values: Readonly<Record<string, number>> },
): void {
  run.figures.add(row, of.subject, of.values);
  const values = Object.entries(of.values).map(
    ([name, value]) => `${value.toPrecision(3)} ${name}`,
  );
  process.stdout.write(`  ${row} ${of.subject}: ${values.join(', ')}\n`);
}

/** Measures a row; one that fails is told and leaves the others to be measured. */
export async function attempt(row: string, measure: () => Promise<void>): Promise<void> {
  try {
    await measure();
  } catch (error) {
    process.stdout.write(`  ${row} failed: ${String(error)}\n`);
  }
}

/** Writes what the system holds back to the disk, so that no side pays for what another wrote. */
export function settleDisk(): void {
  spawnSync('sync', { timeout: SYNC_MS_MAX });
}

/** The sides in turn: who begins changes with the round. */
export function inTurns<T>(of: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? of : of.toReversed();
}

/** Topics of the bench are named after row, side and round. */
export function topicName(row: string, side: Side, round: number): string {
  return `bench-${row}-${side}-${round}`;
}
