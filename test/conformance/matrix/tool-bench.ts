import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@weirhouse/testing-harness';
import { CLIENTS } from './clients.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import { startDriver, type Driver } from './driver.ts';
import type { Connection } from './operations.ts';
import { kafkaToolsProgram, type Command } from './programs.ts';
import { TOOLS, type ToolName } from './tools.ts';

/** What the scenarios of Kafka's tools work with. */
export interface ToolBench {
  readonly cluster: TestCluster;
  /** Another client, which makes what the tools look at and looks at what they made. */
  readonly client: Driver;
  /** `--bootstrap-server … --command-config …`. */
  readonly connect: readonly string[];
  /** A folder for files of the scenarios. */
  readonly folder: string;
  /** Runs a tool; it throws with all that the tool printed unless it ends with 0. */
  readonly run: (tool: ToolName, args: readonly string[], input?: string) => Promise<string>;
  /** A further JVM, ended with the bench. */
  readonly another: () => Driver;
  readonly version: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

export async function startToolBench(): Promise<ToolBench> {
  const command: Command = await kafkaToolsProgram().prepare();
  const clientCommand = await CLIENTS.platformatic.program.prepare();
  const cluster = await startCluster();
  const { path: folder, remove } = temporaryFolder('tools');
  const commandConfig = join(folder, 'admin.properties');
  writeFileSync(commandConfig, propertiesOf(cluster.admin));
  const drivers: Driver[] = [];
  const start = (from: Command): Driver => {
    const driver = startDriver(from, cluster.admin);
    drivers.push(driver);
    return driver;
  };
  const tools = start(command);
  return {
    cluster,
    folder,
    client: start(clientCommand),
    connect: ['--bootstrap-server', cluster.admin.bootstrap, '--command-config', commandConfig],
    run: async (tool, args, input) => {
      const { code, output } = await tools.call('tool', {
        class: TOOLS[tool].main,
        args,
        ...(input !== undefined && { input }),
      });
      if (code !== 0) throw new Error(`${tool} ${args.join(' ')} ended with ${code}:\n${output}`);
      return output;
    },
    another: () => start(command),
    version: () => tools.version(),
    stop: async () => {
      for (const driver of drivers) driver.kill('SIGKILL');
      await cluster.stop();
      remove();
    },
  };
}

function propertiesOf({ protocol, mechanism, username, password }: Connection): string {
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  return [
    `security.protocol=${protocol}`,
    `sasl.mechanism=${mechanism}`,
    `sasl.jaas.config=${module} required username="${username}" password="${password}";`,
    '',
  ].join('\n');
}
