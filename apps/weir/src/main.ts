import { createInterface } from 'node:readline/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { readOptions, USAGE } from './options.ts';
import { failureOf, runWeir, type Terminal } from './weir.ts';

const terminal: Terminal = {
  colours: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
  ask: process.stdin.isTTY && process.stdout.isTTY ? ask : undefined,
  print: (text) => void process.stdout.write(text),
  pace: {
    monotonicMs: () => performance.now(),
    wait: (delayMs) => wait(delayMs),
    every: (periodMs, work) => {
      const timer = setInterval(work, periodMs);
      return () => clearInterval(timer);
    },
  },
};

const args = process.argv.slice(2);
if (args.length === 0 || args.includes('--help')) process.stdout.write(USAGE);
else {
  try {
    process.exitCode = await runWeir(readOptions(args, process.env), terminal);
  } catch (error) {
    const { code, text } = failureOf(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = code;
  }
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
