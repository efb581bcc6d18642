import { parseArgs } from 'node:util';
import { crashUnderLoad } from '../integration/crash-run.ts';

// A real broker killed again and again under load: `npm run crash -- --kills 200 [--durability page-cache]`.
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    durability: { type: 'string', default: 'durable' },
  },
});
const kills = Number(values.kills);
const durability = values.durability === 'page-cache' ? 'page-cache' : 'durable';
const startMs = performance.now();
const report = await crashUnderLoad({
  kills,
  durability,
  onKill: (kill) => {
    if (kill % 10 === 0) process.stderr.write(`${kill} of ${kills}\n`);
  },
});
const { transactionProblems, ...figures } = report;
process.stdout.write(
  `${kills} kills, ${durability}, ${((performance.now() - startMs) / 1000).toFixed(0)} s: ${report.acknowledged} records acknowledged, ` +
    `${report.lost} lost, ${report.duplicated} duplicated, ${report.outOfOrder} out of order; ` +
    `${report.transactions} transactions, ${transactionProblems.length} wrong; ` +
    `slowest start ${report.slowestStartMs.toFixed(0)} ms\n`,
);
for (const problem of transactionProblems) process.stdout.write(`${problem}\n`);
const isWrong = figures.lost + figures.duplicated + figures.outOfOrder > 0;
if (isWrong || transactionProblems.length > 0) process.exitCode = 1;
