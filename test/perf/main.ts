import { benchBroker, USAGE } from './broker-bench.ts';
import { benchPartitions } from './partitions-bench.ts';

// Servers and loaders that were started end with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const [name, ...args] = process.argv.slice(2);
if (name === 'broker') process.exitCode = await benchBroker(args);
else if (name === 'partitions') await benchPartitions();
else {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}
