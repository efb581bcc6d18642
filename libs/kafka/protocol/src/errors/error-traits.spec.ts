import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isRetriable, kafkaErrorName, refreshesMetadata } from './error-traits.ts';
import { KafkaError } from './kafka-errors.ts';

interface ErrorRow {
  readonly code: number;
  readonly name: string;
  readonly retriable: boolean;
  readonly refreshMetadata: boolean;
}

const rows = JSON.parse(
  readFileSync(new URL('../../schemas/errors.json', import.meta.url), 'utf8'),
) as readonly ErrorRow[];

describe('Kafka error codes', () => {
  it('are all those of the data, with their names and flags', () => {
    const seen = Object.entries(KafkaError).map(([name, code]) => ({
      code,
      name,
      retriable: isRetriable(code),
      refreshMetadata: refreshesMetadata(code),
    }));
    expect(seen).toEqual(rows);
    expect(seen).toHaveLength(135);
  });

  it('have names that are found by code', () => {
    expect(kafkaErrorName(KafkaError.NOT_LEADER_OR_FOLLOWER)).toBe('NOT_LEADER_OR_FOLLOWER');
    expect(kafkaErrorName(-1)).toBe('UNKNOWN_SERVER_ERROR');
  });

  it('of a newer Kafka are named by number and not retried', () => {
    expect(kafkaErrorName(999)).toBe('UNKNOWN_CODE_999');
    expect(isRetriable(999)).toBe(false);
    expect(refreshesMetadata(999)).toBe(false);
  });

  it('that refresh metadata are retriable', () => {
    const refreshing = rows.filter((row) => refreshesMetadata(row.code));
    expect(refreshing.every((row) => isRetriable(row.code))).toBe(true);
    expect(refreshing).toHaveLength(13);
  });
});
