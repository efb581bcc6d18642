import { Gauge, Histogram, type Registry } from 'prom-client';
import type { Database, OpenDatabase } from './database.ts';
import type { QueryProbe } from './query-probe.ts';

/** Upper bounds of statement times, in seconds. */
const SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5];

/** Times every statement. */
export function createQueryMeter(registry: Registry): QueryProbe {
  const seconds = new Histogram({
    name: 'weirhouse_control_plane_database_statement_seconds',
    help: 'Time of one statement, waiting for the database included, by outcome.',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers: [registry],
  });
  return {
    onQuery: (_query, durationMs, outcome) => seconds.observe({ outcome }, durationMs / 1_000),
  };
}

/** Tells at each scrape how far the reconcilers are behind what was committed. */
export function watchOutbox(database: Database, registry: Registry): void {
  const age = new Gauge({
    name: 'weirhouse_control_plane_outbox_age_seconds',
    help: 'Age of the oldest change that no reconciler has taken; 0 = none waits, -1 = the database does not answer.',
    registers: [registry],
    collect: async (): Promise<void> => {
      const ageSeconds = await oldestSeconds(database).catch(() => -1);
      age.set(ageSeconds);
    },
  });
}

/** Tells at each scrape what the connections do, how many clusters are in which phase, and what waits in the outbox. */
export function watchDatabase(database: OpenDatabase, registry: Registry): void {
  watchOutbox(database.prisma, registry);
  const connections = new Gauge({
    name: 'weirhouse_control_plane_database_connections',
    help: 'Connections to the database that are busy or idle, and pieces of work waiting for one.',
    labelNames: ['state'],
    registers: [registry],
    collect: () => {
      for (const [state, count] of Object.entries(database.connections()))
        connections.set({ state }, count);
    },
  });
  const clusters = new Gauge({
    name: 'weirhouse_control_plane_clusters',
    help: 'Clusters in the database by phase, whoever looks after them.',
    labelNames: ['phase'],
    registers: [registry],
    collect: async (): Promise<void> => {
      const rows = await countByPhase(database.prisma).catch(() => []);
      clusters.reset();
      for (const { count, phase } of rows) clusters.set({ phase }, count);
    },
  });
}

/** Reads every cluster: some milliseconds for ten thousand. */
function countByPhase(
  database: Database,
): Promise<readonly { readonly phase: string; readonly count: number }[]> {
  return database.$queryRaw`SELECT phase, count(*)::int AS count FROM kafka_cluster GROUP BY phase`;
}

/** The lowest id is the oldest but for transactions that overlap: no need to look at all of them. */
async function oldestSeconds(database: Database): Promise<number> {
  const oldest = await database.outbox.findFirst({ orderBy: { id: 'asc' } });
  return oldest === null ? 0 : Math.max(0, (Date.now() - oldest.createdAt.getTime()) / 1_000);
}
