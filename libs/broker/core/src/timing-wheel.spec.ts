import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { VirtualTime } from './testing/virtual-time.ts';
import { TimingWheel, type Deadline } from './timing-wheel.ts';

function arrange() {
  const time = new VirtualTime();
  const wheel = new TimingWheel(time, time);
  const expired: string[] = [];
  const wait = (name: string, delayMs: number): Deadline =>
    wheel.schedule(delayMs, { onExpired: () => expired.push(`${name}@${time.monotonicMs()}`) });
  return { time, wheel, expired, wait };
}

describe('TimingWheel', () => {
  it('calls a deadline at its time, rounded up to a slot', () => {
    const { time, expired, wait } = arrange();
    wait('a', 25);
    time.advance(29);
    expect(expired).toEqual([]);
    time.advance(1);
    expect(expired).toEqual(['a@30']);
  });

  it('keeps a deadline of several rounds until its own round', () => {
    const { time, expired, wait } = arrange();
    wait('long', 12_000);
    wait('short', 1_760);
    time.advance(11_999);
    expect(expired).toEqual(['short@1760']);
    time.advance(1);
    expect(expired).toEqual(['short@1760', 'long@12000']);
  });

  it('never calls a cancelled deadline and arms nothing when it is empty', () => {
    const { time, wheel, expired, wait } = arrange();
    const deadline = wait('a', 50);
    wheel.cancel(deadline);
    wheel.cancel(deadline);
    expect(wheel.size).toBe(0);
    expect(time.pendingTimers).toBe(0);
    time.advance(1_000);
    expect(expired).toEqual([]);
  });

  it('lets a deadline cancel another one of the same slot', () => {
    const { time, wheel } = arrange();
    const called: number[] = [];
    const deadlines: Deadline[] = [];
    for (const id of [0, 1]) {
      const onExpired = () => {
        called.push(id);
        wheel.cancel(deadlines[1 - id]);
      };
      deadlines.push(wheel.schedule(10, { onExpired }));
    }
    time.advance(100);
    expect(called).toHaveLength(1);
  });

  it('calls every deadline once, in time order, whatever is added and cancelled in between', () => {
    const step = fc.record({
      delayMs: fc.integer({ min: 0, max: 20_000 }),
      cancels: fc.boolean(),
      advanceMs: fc.integer({ min: 0, max: 3_000 }),
    });
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { time, wheel } = arrange();
      const due = new Map<number, number>();
      const late: number[] = [];
      for (const [id, { advanceMs, cancels, delayMs }] of steps.entries()) {
        const at = time.monotonicMs() + delayMs;
        const onExpired = () => {
          late.push(time.monotonicMs() - at);
          due.delete(id);
        };
        const deadline = wheel.schedule(delayMs, { onExpired });
        due.set(id, at);
        if (cancels) {
          wheel.cancel(deadline);
          due.delete(id);
        }
        time.advance(advanceMs);
        const overdue = [...due.values()].filter((dueMs) => dueMs + 20 <= time.monotonicMs());
        expect(overdue).toEqual([]);
      }
      time.advance(30_000);
      expect(due.size).toBe(0);
      expect(late.every((ms) => ms >= 0 && ms <= 20)).toBe(true);
      expect(time.pendingTimers).toBe(0);
    });
    fc.assert(property, { seed: 7, numRuns: 200 });
  });
});
