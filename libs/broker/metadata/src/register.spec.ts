import { describe, expect, it } from 'vitest';
import {
  decideLeadership,
  MemoryRegister,
  type RegisterReadOutcome,
  type RegisterValue,
  type RegisterWriteOutcome,
} from './register.ts';

const CLUSTER = 'clusterclusterclusterc';

function valueOf(change: Partial<RegisterValue> = {}): RegisterValue {
  return { clusterId: CLUSTER, leaderId: 1, leaderEpoch: 4, isr: [1, 2], ...change };
}

function read(register: MemoryRegister): RegisterReadOutcome {
  let outcome: RegisterReadOutcome | undefined;
  register.read((result) => (outcome = result));
  return outcome ?? { kind: 'absent' };
}

function write(
  register: MemoryRegister,
  expectedVersion: string | undefined,
  value: RegisterValue,
): RegisterWriteOutcome {
  let outcome: RegisterWriteOutcome = { kind: 'conflict' };
  register.compareAndSet(expectedVersion, value, (result) => (outcome = result));
  return outcome;
}

describe('decideLeadership', () => {
  it('lets the first node start a cluster alone', () => {
    expect(decideLeadership(undefined, { nodeId: 3, clusterId: CLUSTER })).toEqual({
      kind: 'lead',
      next: { clusterId: CLUSTER, leaderId: 3, leaderEpoch: 1, isr: [3] },
    });
  });

  it('lets a node in sync take over with the next epoch and keeps the in-sync set', () => {
    expect(decideLeadership(valueOf(), { nodeId: 2, clusterId: CLUSTER })).toEqual({
      kind: 'lead',
      next: valueOf({ leaderId: 2, leaderEpoch: 5 }),
    });
  });

  it('raises the epoch when the same node leads again', () => {
    const decision = decideLeadership(valueOf(), { nodeId: 1, clusterId: CLUSTER });
    expect(decision).toEqual({ kind: 'lead', next: valueOf({ leaderEpoch: 5 }) });
  });

  it('refuses a node that may lack committed records', () => {
    const decision = decideLeadership(valueOf(), { nodeId: 3, clusterId: CLUSTER });
    expect(decision).toEqual({ kind: 'refuse', reason: 'not-in-sync' });
  });

  it('refuses a node of another cluster', () => {
    const decision = decideLeadership(valueOf(), { nodeId: 1, clusterId: 'other' });
    expect(decision).toEqual({ kind: 'refuse', reason: 'another-cluster' });
  });
});

describe('MemoryRegister', () => {
  it('lets one of two writers win', () => {
    const register = new MemoryRegister();
    expect(read(register)).toEqual({ kind: 'absent' });
    expect(write(register, undefined, valueOf()).kind).toBe('written');
    expect(write(register, undefined, valueOf({ leaderId: 2 })).kind).toBe('conflict');
    expect(read(register)).toMatchObject({ current: { value: valueOf() } });
  });

  it('refuses a write from a version that has passed', () => {
    const register = new MemoryRegister();
    const first = write(register, undefined, valueOf());
    const version = first.kind === 'written' ? first.version : '';
    expect(write(register, version, valueOf({ leaderEpoch: 5 })).kind).toBe('written');
    expect(write(register, version, valueOf({ leaderEpoch: 6 })).kind).toBe('conflict');
  });

  it('tells watchers until they stop', () => {
    const register = new MemoryRegister();
    const seen: number[] = [];
    const stop = register.watch((current) => seen.push(current.value.leaderEpoch));
    const first = write(register, undefined, valueOf());
    stop();
    write(register, first.kind === 'written' ? first.version : '', valueOf({ leaderEpoch: 5 }));
    expect(seen).toEqual([4]);
  });
});
