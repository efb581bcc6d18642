import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess, type TestProcess } from './process.ts';

export interface BrokerOptions {
  /** Data folder. */
  readonly dir: string;
  /** host:port of the plaintext listener; a free port of loopback when absent. */
  readonly listen?: string;
  /** Further config keys, by Kafka's names. Given `listeners`, `listen` is not used. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** True to start what was built, as people do: it starts faster. From the sources when absent. */
  readonly isBuilt?: boolean;
}

export interface TestBroker extends TestProcess {
  /** host:port of the first listener. */
  readonly bootstrap: string;
  readonly adminUrl: string;
}

/** Starts one real broker process and waits until it serves. */
export async function startBroker(options: BrokerOptions): Promise<TestBroker> {
  const main =
    options.isBuilt === true
      ? ['--max-semi-space-size=8', 'apps/broker/dist/main.cjs']
      : ['-C', 'source', 'apps/broker/src/main.ts'];
  const args = [...main, '--dir', options.dir];
  if (options.config?.['listeners'] === undefined)
    args.push('--listen', options.listen ?? '127.0.0.1:0');
  if (options.config !== undefined) {
    const file = join(options.dir, '..', `broker-${process.hrtime.bigint()}.json`);
    writeFileSync(file, JSON.stringify(options.config));
    args.push('--config', file);
  }
  const started = startProcess({ args, ...(options.env !== undefined && { env: options.env }) });
  const [, bootstrap = '', adminUrl = ''] = await started.waitForOutput(
    /ready: .*?(?:[A-Z_]+:\/\/)([^\s,]+).* admin (http:\S+)/,
  );
  return { ...started, bootstrap, adminUrl };
}
