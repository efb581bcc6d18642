import { afterAll, beforeAll, describe } from 'vitest';
import { cellTest } from './cell-test.ts';
import { CLIENTS } from './clients.ts';
import { KNOWN_TOOL_FAILURES } from './known-failures.ts';
import { canRun, kafkaToolsProgram } from './programs.ts';
import { recordResults, type Cell } from './results.ts';
import { startToolBench, type ToolBench } from './tool-bench.ts';
import { TOOL_SCENARIOS } from './tool-scenarios.ts';
import { TOOL_NAMES, TOOLS, type ToolName } from './tools.ts';

const PREPARE_MS = 600_000;

/** Runs Kafka's own command-line tools and a Streams application against the broker. */
export function describeKafkaTools(): void {
  const runs =
    process.env['WEIRHOUSE_CONFORMANCE'] === 'all' &&
    canRun(kafkaToolsProgram()) &&
    canRun(CLIENTS.platformatic.program);

  describe.skipIf(!runs)("Kafka's own tools", () => {
    let bench: ToolBench;
    const cells: Partial<Record<ToolName, Cell>> = {};
    beforeAll(async () => {
      bench = await startToolBench();
    }, PREPARE_MS);
    afterAll(async () => {
      await recordResults('kafka-tools', bench, cells);
      await bench.stop();
    });
    for (const tool of TOOL_NAMES)
      cellTest({
        who: tool,
        does: TOOLS[tool].does,
        known: KNOWN_TOOL_FAILURES[tool],
        run: () => TOOL_SCENARIOS[tool](bench),
        record: (cell) => (cells[tool] = cell),
      });
  });
}
