import { benchBroker, USAGE } from './broker-bench.ts';
import { benchControlPlane, CONTROL_PLANE_USAGE } from './control-plane-bench.ts';
import { benchPartitions } from './partitions-bench.ts';

// Servers and loaders that were started end with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const [name, ...args] = process.argv.slice(2);
if (name === 'broker') process.exitCode = await benchBroker(args);
else if (name === 'control-plane') process.exitCode = await benchControlPlane(args);
else if (name === 'partitions') await benchPartitions();
else {
  process.stderr.write(`${USAGE}${CONTROL_PLANE_USAGE}`);
  process.exitCode = 2;
}
