// A control plane's metering for the kill test: a real process on a real database that samples a real
// broker as fast as it can, until somebody kills it. Each sample is a minute later than the one before.
import { openDatabase } from '../database/open-database.ts';
import { systemClock, systemTimers } from '../ports.ts';
import { quietLog } from '../reconcile/testing.ts';
import { readBrokerUsage } from './broker-usage.ts';
import { NO_METERING_PROBE } from './metering-probe.ts';
import { takeFence } from './testing.ts';
import { UsageSampler } from './usage-sampler.ts';
import { UsageRepository } from './usage.repository.ts';

const [, , databaseUrl = '', holder = '', samples = ''] = process.argv;

async function main(): Promise<void> {
  const open = await openDatabase({ databaseUrl, stateFolder: '' });
  const fence = await takeFence(open.prisma, holder);
  const sampler = new UsageSampler({
    usage: new UsageRepository(open.prisma),
    read: readBrokerUsage,
    fenceOf: () => fence,
    dataPlaneId: 'dp-1',
    platformUser: 'weirhouse-control',
    clock: systemClock,
    timers: systemTimers,
    log: quietLog,
    probe: NO_METERING_PROBE,
  });
  process.stdout.write('sampling\n');
  for (let left = Number(samples); left > 0; left -= 1) await sampler.sampleAll({ isLast: true });
  await open.close();
}

await main();
