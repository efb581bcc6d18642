// Attacks the REST API with requests made of its own description: `npm run fuzz:api -- --minutes 10 --seed 1`.
import { parseArgs } from 'node:util';
import { canRun } from '../../matrix/programs.ts';
import { fuzzApi, schemathesis } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});
const seconds = Math.round(Number(values.minutes) * 60);
const seed = Number(values.seed);
if (!(seconds > 0) || !Number.isInteger(seed)) {
  process.stderr.write('Use: npm run fuzz:api -- --minutes 10 --seed 1\n');
  process.exit(2);
}
if (!canRun(schemathesis)) process.exit(2);

const { isClean, output, statuses } = await fuzzApi({ kind: 'long', seconds }, seed);
process.stdout.write(output);
for (const [operation, counts] of Object.entries(statuses))
  process.stdout.write(`${operation}: ${JSON.stringify(counts)}\n`);
process.exit(isClean ? 0 : 1);
