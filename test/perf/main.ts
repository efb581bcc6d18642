import { benchBroker } from './broker.bench.ts';

const benches: Readonly<Record<string, () => Promise<void>>> = { broker: benchBroker };

const name = process.argv[2];
const bench = name === undefined ? undefined : benches[name];
if (bench === undefined) {
  process.stderr.write(
    `Usage: npm run bench -- <name>. Names: ${Object.keys(benches).join(', ')}.\n`,
  );
  process.exitCode = 2;
} else await bench();
