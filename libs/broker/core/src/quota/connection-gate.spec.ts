import { describe, expect, it } from 'vitest';

import { VirtualTime } from '../testing/virtual-time.ts';
import { ConnectionGate, type ConnectionLimits } from './connection-gate.ts';

const UNLIMITED = 2 ** 31 - 1;

function aGate(limits: Partial<ConnectionLimits>, openMax?: number) {
  const time = new VirtualTime();
  const gate = new ConnectionGate({
    clock: time,
    ...(openMax !== undefined && { openMax }),
    limitsOf: () => ({
      windows: { count: 11, windowMs: 1000 },
      open: UNLIMITED,
      openOfListener: UNLIMITED,
      openOf: () => UNLIMITED,
      rate: UNLIMITED,
      rateOfListener: UNLIMITED,
      rateOf: () => undefined,
      ...limits,
    }),
  });
  return { gate, time };
}

describe('a connection gate', () => {
  it.each([
    ['process-limit', {}, 2],
    ['broker-limit', { open: 2 }, undefined],
    ['listener-limit', { openOfListener: 2 }, undefined],
    ['address-limit', { openOf: () => 2 }, undefined],
  ] as const)('refuses for the %s and lets in again after a release', (reason, limits, openMax) => {
    const { gate } = aGate(limits, openMax);
    expect(gate.admit('L', '10.0.0.1').kind).toBe('accept');
    expect(gate.admit('L', '10.0.0.1').kind).toBe('accept');
    expect(gate.admit('L', '10.0.0.1')).toEqual({ kind: 'refuse', reason, delayMs: 0 });
    expect(gate.open).toBe(2);
    gate.release('L', '10.0.0.1');
    expect(gate.admit('L', '10.0.0.1').kind).toBe('accept');
  });

  it('counts listeners and addresses apart', () => {
    const { gate } = aGate({ openOfListener: 1, openOf: () => 1 });
    gate.admit('L', '10.0.0.1');
    expect(gate.admit('M', '10.0.0.2').kind).toBe('accept');
    expect(gate.admit('M', '10.0.0.3')).toMatchObject({ reason: 'listener-limit' });
    expect(gate.admit('N', '10.0.0.1')).toMatchObject({ reason: 'address-limit' });
  });

  it('delays what comes faster than the rate of the broker, at most a second', () => {
    const { gate, time } = aGate({ rate: 1 });
    const delays = Array.from({ length: 20 }, () => gate.admit('L', '10.0.0.1'));
    expect(delays.slice(0, 10)).toEqual(
      Array.from({ length: 10 }, () => ({ kind: 'accept', delayMs: 0 })),
    );
    expect(delays.at(-1)).toEqual({ kind: 'accept', delayMs: 1000 });
    time.advance(30_000);
    expect(gate.admit('L', '10.0.0.1')).toEqual({ kind: 'accept', delayMs: 0 });
  });

  it('refuses an address beyond its rate without counting the refused ones against it', () => {
    const { gate, time } = aGate({ rateOf: (sharers) => ({ limit: 1, sharers }) });
    for (let count = 0; count < 10; count += 1) gate.admit('L', '10.0.0.1');
    for (let count = 0; count < 100; count += 1)
      expect(gate.admit('L', '10.0.0.1')).toMatchObject({ reason: 'address-rate' });
    expect(gate.admit('L', '10.0.0.2').kind).toBe('accept');
    expect(gate.open).toBe(11);
    time.advance(11_000);
    expect(gate.admit('L', '10.0.0.1').kind).toBe('accept');
  });
});
