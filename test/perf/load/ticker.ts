// A thread that wakes the loader at `intervalUs`: timers of the event loop know whole milliseconds only.
import { workerData } from 'node:worker_threads';

const { ticks, intervalUs, startUs } = workerData as {
  readonly ticks: Int32Array<SharedArrayBuffer>;
  readonly intervalUs: number;
  readonly startUs: number;
};

const nothing = new Int32Array(new SharedArrayBuffer(4));
const nowUs = (): number => Number(process.hrtime.bigint() / 1000n);

for (let tick = 1; Atomics.load(ticks, 1) === 0; tick++) {
  const waitUs = startUs + tick * intervalUs - nowUs();
  if (waitUs > 0) Atomics.wait(nothing, 0, 0, waitUs / 1000);
  Atomics.store(ticks, 0, tick);
  Atomics.notify(ticks, 0);
}
