import { describe, expect, it } from 'vitest';
import { quietLog } from './testing.ts';
import { VirtualTime } from './virtual-time.ts';
import { WorkQueue, type KeyHandler } from './work-queue.ts';

/** Jitter at its upper end, so that pauses are known. */
const fullJitter = { bytes: (length: number) => Buffer.alloc(length), below: (n: number) => n - 1 };

function queueOf(time: VirtualTime, handle: KeyHandler, workersMax = 2): WorkQueue {
  return new WorkQueue({
    handle,
    clock: time,
    timers: time,
    random: fullJitter,
    log: quietLog,
    workersMax,
  });
}

/** A handler whose runs end when the test says so. */
class Gate {
  readonly started: string[] = [];
  readonly #ends: (() => void)[] = [];

  readonly handle: KeyHandler = (key) =>
    new Promise((resolve) => {
      this.started.push(key);
      this.#ends.push(() => resolve(undefined));
    });

  endFirst(): void {
    this.#ends.shift()?.();
  }
}

describe('WorkQueue', () => {
  it('does once what was asked for twice', async () => {
    const time = new VirtualTime();
    const done: string[] = [];
    const queue = queueOf(time, (key) => {
      done.push(key);
      return Promise.resolve(undefined);
    });
    queue.add('a');
    queue.add('a');
    queue.add('b');
    await time.advance(0);
    expect(done).toEqual(['a', 'b']);
    expect(queue.depth).toBe(0);
  });

  it('never has two workers on a key, and runs it again when it was added meanwhile', async () => {
    const time = new VirtualTime();
    const gate = new Gate();
    const queue = queueOf(time, gate.handle);
    queue.add('a');
    await time.advance(0);
    queue.add('a');
    queue.add('a');
    await time.advance(10);
    expect(gate.started).toEqual(['a']);
    gate.endFirst();
    await time.advance(0);
    expect(gate.started).toEqual(['a', 'a']);
    gate.endFirst();
    await time.advance(1_000);
    expect(gate.started).toEqual(['a', 'a']);
  });

  it('has no more workers than allowed', async () => {
    const time = new VirtualTime();
    const gate = new Gate();
    const queue = queueOf(time, gate.handle, 2);
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await time.advance(0);
    expect(gate.started).toEqual(['a', 'b']);
    gate.endFirst();
    await time.advance(0);
    expect(gate.started).toEqual(['a', 'b', 'c']);
  });

  it('repeats a failed key after pauses that double, and forgets the failures after a success', async () => {
    const time = new VirtualTime();
    const runsMs: number[] = [];
    let failing = true;
    const queue = queueOf(time, () => {
      runsMs.push(time.monotonicMs());
      return failing ? Promise.reject(new Error('no')) : Promise.resolve(undefined);
    });
    queue.add('a');
    await time.advance(3_000);
    expect(runsMs).toEqual([0, 200, 600, 1_400, 3_000]);
    failing = false;
    await time.advance(3_200);
    expect(queue.depth).toBe(0);
    failing = true;
    runsMs.length = 0;
    queue.add('a');
    await time.advance(200);
    expect(runsMs.length).toBe(2);
  });

  it('does not let the pause grow above its limit', async () => {
    const time = new VirtualTime();
    let runs = 0;
    const queue = queueOf(time, () => {
      runs += 1;
      return Promise.reject(new Error('no'));
    });
    queue.add('a');
    await time.advance(20_000_000);
    const before = runs;
    await time.advance(300_000);
    expect(runs).toBe(before + 1);
  });

  it('comes back when the handler says so, and earlier when it is asked for', async () => {
    const time = new VirtualTime();
    const runsMs: number[] = [];
    const queue = queueOf(time, () => {
      runsMs.push(time.monotonicMs());
      return Promise.resolve(1_000);
    });
    queue.add('a');
    await time.advance(1_500);
    queue.add('a', 100);
    await time.advance(100);
    expect(runsMs).toEqual([0, 1_000, 1_600]);
    queue.add('a', 5_000);
    await time.advance(1_000);
    expect(runsMs.at(-1)).toBe(2_600);
  });

  it('ends what runs and starts nothing more when it is stopped', async () => {
    const time = new VirtualTime();
    const gate = new Gate();
    const queue = queueOf(time, gate.handle, 1);
    queue.add('a');
    queue.add('b');
    await time.advance(0);
    const stop = queue.stop();
    const early = Promise.race([stop.then(() => 'ended'), time.advance(1_000).then(() => 'runs')]);
    expect(await early).toBe('runs');
    gate.endFirst();
    await stop;
    expect(queue.add('c')).toBe(false);
    await time.advance(1_000);
    expect(gate.started).toEqual(['a']);
  });
});
