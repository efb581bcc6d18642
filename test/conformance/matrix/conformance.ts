import { afterAll, beforeAll, describe } from 'vitest';
import { cellTest } from './cell-test.ts';
import { CLIENTS, type ClientName } from './clients.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import { startDriver, type Caller, type Driver } from './driver.ts';
import { FEATURE_NAMES, FEATURES, type Feature } from './features.ts';
import { KNOWN_FAILURES } from './known-failures.ts';
import { canRun, type Command } from './programs.ts';
import { recordResults, type Cell } from './results.ts';
import { SCENARIOS } from './scenarios.ts';
import { setStage } from './stage.ts';

const PREPARE_MS = 600_000;

/** Scenarios that disturb everybody else on the broker, so that they run alone, at the end. */
const ALONE: readonly Feature[] = ['broker-restart'];
const SEVERAL_PROCESSES: readonly Feature[] = [
  'group-classic',
  'group-cooperative',
  'group-static',
  'group-consumer',
];

/** Runs every feature against one client: a passed test, or a skipped one that says why the cell is not green. */
export function describeClient(clientName: ClientName): void {
  const client = CLIENTS[clientName];
  const wanted = client.onlyInAll !== true || process.env['WEIRHOUSE_CONFORMANCE'] === 'all';
  const needed = [clientName, client.checkedBy.reader, client.checkedBy.writer];
  const runs = wanted && needed.every((name) => canRun(CLIENTS[name].program));

  describe.skipIf(!runs)(`${clientName} and the broker`, () => {
    let running: Running;
    const cells: Partial<Record<Feature, Cell>> = {};
    beforeAll(async () => {
      running = await start(clientName);
    }, PREPARE_MS);
    afterAll(async () => {
      await recordResults(clientName, running.client, cells);
      await running.stop();
    });

    const testOf = (feature: Feature): void =>
      cellTest({
        who: clientName,
        does: FEATURES[feature],
        lack: client.lacks[feature],
        known: KNOWN_FAILURES[clientName]?.[feature],
        run: () => expectFeature(running, feature),
        record: (cell) => (cells[feature] = cell),
      });
    const alone = client.heavy === true ? [...SEVERAL_PROCESSES, ...ALONE] : ALONE;
    describe.concurrent('side by side', () => {
      for (const feature of FEATURE_NAMES) if (!alone.includes(feature)) testOf(feature);
    });
    describe('alone', () => {
      for (const feature of alone) testOf(feature);
    });
  });
}

interface Running {
  readonly cluster: TestCluster;
  readonly client: Driver;
  readonly checker: Caller;
  readonly command: Command;
  stop(): Promise<void>;
}

async function start(clientName: ClientName): Promise<Running> {
  const { program, checkedBy } = CLIENTS[clientName];
  const command = await program.prepare();
  const readerCommand = await CLIENTS[checkedBy.reader].program.prepare();
  const writerCommand = await CLIENTS[checkedBy.writer].program.prepare();
  const cluster = await startCluster();
  const client = startDriver(command, cluster.admin);
  const reader = startDriver(readerCommand, cluster.admin);
  const writer = startDriver(writerCommand, cluster.admin);
  return {
    cluster,
    client,
    checker: {
      call: (operation, ask, on) =>
        (operation === 'read' ? reader : writer).call(operation, ask, on),
    },
    command,
    stop: async () => {
      for (const driver of [client, reader, writer]) driver.kill('SIGKILL');
      await cluster.stop();
    },
  };
}

async function expectFeature(running: Running, feature: Feature): Promise<void> {
  const stage = setStage({ ...running, feature });
  try {
    await SCENARIOS[feature](stage);
  } finally {
    stage.clear();
  }
}
