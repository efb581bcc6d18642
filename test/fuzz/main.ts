// Attacks a broker with hostile bytes: `npm run fuzz -- --minutes 10 --seed 1`.
import { parseArgs } from 'node:util';
import { fuzz, type FuzzResult } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
});
const durationMs = Number(values.minutes) * 60_000;
const seed = Number(values.seed);
if (!(durationMs > 0) || !Number.isInteger(seed)) {
  process.stderr.write('Use: npm run fuzz -- --minutes 10 --seed 1\n');
  process.exit(2);
}

const PROGRESS_MS = 10_000;
let toldMs = performance.now();

function line({ answerMsMax, answered, attacks, errors, residentBytesMax }: FuzzResult): string {
  const memory = Math.round(residentBytesMax / 2 ** 20);
  return (
    `${attacks} attacks, ${answered} answered, ${errors.length} errors, ` +
    `at most ${memory} MiB resident, slowest answer to a good client ${Math.round(answerMsMax)} ms`
  );
}

const result = await fuzz({
  seed,
  durationMs,
  onProgress: (state) => {
    if (performance.now() - toldMs < PROGRESS_MS) return;
    toldMs = performance.now();
    process.stdout.write(`${line(state)}\n`);
  },
});
process.stdout.write(`seed ${seed}: ${line(result)}\n`);
for (const [name, count] of result.byName) process.stdout.write(`  ${count} × ${name}\n`);
for (const error of result.errors.slice(0, 20)) process.stdout.write(`${error}\n`);
process.exit(result.errors.length === 0 ? 0 : 1);
