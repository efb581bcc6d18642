import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../spec-builders.ts';
import { type PlacementBroker, placeReplicas } from './placement.ts';

/** Brokers numbered from 0 in racks of the given sizes. */
function brokersIn(...rackSizes: readonly number[]): readonly PlacementBroker[] {
  const racks = rackSizes.flatMap((size, rack) => Array.from({ length: size }, () => `r${rack}`));
  return racks.map((rack, id) => ({ id, rack, active: true }));
}

function spreadOf(counts: readonly number[]): number {
  return Math.max(...counts) - Math.min(...counts);
}

const cases = fc.record({
  racks: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
  partitions: fc.integer({ min: 1, max: 40 }),
  replicationFactor: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat(1000),
});

/** Checks `holds` for many cases where there are enough brokers. */
function always(
  holds: (
    brokers: readonly PlacementBroker[],
    placed: readonly (readonly number[])[],
    replicationFactor: number,
  ) => boolean,
): () => void {
  return () => {
    const property = fc.property(cases, ({ racks, partitions, replicationFactor, seed }) => {
      const brokers = brokersIn(...racks);
      fc.pre(replicationFactor <= brokers.length);
      const random = seededRandom(seed);
      const placed = placeReplicas({ brokers, partitions, replicationFactor, random });
      return placed.length === partitions && holds(brokers, placed, replicationFactor);
    });
    fc.assert(property, { seed: 11, numRuns: 500 });
  };
}

describe('placeReplicas', () => {
  it('gives each partition as many different brokers as it has replicas', () => {
    const holds = always((_, placed, factor) =>
      placed.every((replicas) => replicas.length === factor && new Set(replicas).size === factor),
    );
    expect(holds).not.toThrow();
  });

  it('gives each broker as many leaders as the others', () => {
    const holds = always((brokers, placed) => {
      const leads = brokers.map(({ id }) => placed.filter(([leader]) => leader === id).length);
      return spreadOf(leads) <= 1;
    });
    expect(holds).not.toThrow();
  });

  it('uses as many racks for a partition as it can', () => {
    const holds = always((brokers, placed, factor) => {
      const racks = new Set(brokers.map(({ rack }) => rack)).size;
      return placed.every((replicas) => {
        const used = new Set(replicas.map((id) => brokers[id]?.rack));
        return used.size === Math.min(racks, factor);
      });
    });
    expect(holds).not.toThrow();
  });

  it('spreads replicas evenly when racks are alike', () => {
    const brokers = brokersIn(2, 2, 2);
    const request = { brokers, partitions: 60, replicationFactor: 3, random: seededRandom(5) };
    const placed = placeReplicas(request);
    const loads = brokers.map(({ id }) => placed.flat().filter((other) => other === id).length);
    expect(spreadOf(loads)).toBeLessThanOrEqual(2);
  });

  it('lets only active brokers lead, and takes others last', () => {
    const brokers = brokersIn(1, 1, 1).map((broker) => ({ ...broker, active: broker.id !== 1 }));
    const place = (replicationFactor: number) =>
      placeReplicas({ brokers, partitions: 9, replicationFactor, random: seededRandom(3) });
    expect(place(2).flat()).not.toContain(1);
    expect(place(3).map((replicas) => replicas.indexOf(1))).toEqual(
      Array.from({ length: 9 }, () => 2),
    );
  });

  it('is the same for the same seed and differs between seeds', () => {
    const place = (seed: number) =>
      JSON.stringify(
        placeReplicas({
          brokers: brokersIn(3, 3),
          partitions: 6,
          replicationFactor: 2,
          random: seededRandom(seed),
        }),
      );
    expect(place(1)).toBe(place(1));
    expect(place(1)).not.toBe(place(2));
  });
});
