// Where the cluster is and who we are: from the environment, or from what `npm start` wrote down.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const PURCHASES = 'purchases';
export const TOTALS = 'customer-totals';
export const PARTITIONS = 3;

interface Quickstart {
  readonly bootstrap: string;
  readonly clusterApiKey: string;
  readonly clusterApiSecret: string;
}

/** Options of a client: BOOTSTRAP, API_KEY and API_SECRET, or the quickstart cluster of this machine. */
export function connection(clientId: string) {
  const { BOOTSTRAP, API_KEY, API_SECRET } = process.env;
  const quickstart: Quickstart =
    BOOTSTRAP === undefined
      ? readQuickstart()
      : { bootstrap: BOOTSTRAP, clusterApiKey: API_KEY ?? '', clusterApiSecret: API_SECRET ?? '' };
  return {
    clientId,
    bootstrapBrokers: [quickstart.bootstrap],
    sasl: {
      mechanism: 'SCRAM-SHA-512' as const,
      username: quickstart.clusterApiKey,
      password: quickstart.clusterApiSecret,
    },
  };
}

function readQuickstart(): Quickstart {
  const home = process.env['WEIRHOUSE_HOME'] ?? join(import.meta.dirname, '../../../.weirhouse');
  const file = join(home, 'quickstart.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Quickstart;
  } catch {
    process.stderr.write(
      `No running cloud found (${file} cannot be read). Start it with npm start, or set BOOTSTRAP, API_KEY and API_SECRET.\n`,
    );
    return process.exit(1);
  }
}
