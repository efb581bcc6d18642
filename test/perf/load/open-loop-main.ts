// The open-loop loader as a process of its own: `open-loop-main.ts '{"load":...,"withConsumer":true}'` prints
// percentiles in microseconds as JSON.
import { runOpenLoad, type OpenLoad } from './open-loop.ts';

const { load, withConsumer } = JSON.parse(process.argv[2] ?? '') as {
  readonly load: OpenLoad;
  readonly withConsumer: boolean;
};
const { ackUs, endToEndUs, sentLateUs } = await runOpenLoad(load, withConsumer);
process.stdout.write(
  `${JSON.stringify({
    ack: percentiles(ackUs),
    endToEnd: percentiles(endToEndUs),
    sentLate: percentiles(sentLateUs),
  })}\n`,
);
process.exit(0);

function percentiles(values: Float64Array): Record<'p50' | 'p99' | 'p999', number> {
  const sorted = values.toSorted();
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}
