import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess, type TestProcess } from './process.ts';
import { waitFor } from './wait.ts';

/** What `npm start` writes to `<state>/quickstart.json`. */
export interface Quickstart {
  readonly apiUrl: string;
  readonly organizationId: string;
  readonly environmentId: string;
  readonly clusterId: string;
  readonly userEmail: string;
  readonly userPassword: string;
  readonly bootstrap: string;
  readonly cloudApiKey: string;
  readonly cloudApiSecret: string;
  readonly globalApiKey: string;
  readonly globalApiSecret: string;
  readonly clusterApiKey: string;
  readonly clusterApiSecret: string;
}

export interface CloudOptions {
  /** State folder. */
  readonly home: string;
  /** `from-to`; a test takes a range of its own. */
  readonly brokerPorts: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface TestCloud extends TestProcess {
  readonly quickstart: Quickstart;
  /** Calls the REST API with the cloud API key; `path` starts with a slash. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
}

/** Starts the built control plane as `npm start` does, on a free API port, and waits for its ready line. */
export async function startCloud(options: CloudOptions): Promise<TestCloud> {
  const started = startCloudProcess(options);
  await started.waitForOutput(/^ready$/m, 60_000);
  const file = join(options.home, 'quickstart.json');
  const quickstart = JSON.parse(readFileSync(file, 'utf8')) as Quickstart;
  const credentials = `${quickstart.cloudApiKey}:${quickstart.cloudApiSecret}`;
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  return {
    ...started,
    quickstart,
    async call(method, path, body) {
      const answer = await fetch(`${quickstart.apiUrl}${path}`, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      };
    },
  };
}

/** The same without waiting, for starts that are expected to fail. */
export function startCloudProcess(
  options: CloudOptions,
  args: readonly string[] = [],
): TestProcess {
  return startProcess({
    args: ['apps/control-plane/dist/main.js', ...args],
    env: {
      WEIRHOUSE_HOME: options.home,
      WEIRHOUSE_PORT: '0',
      WEIRHOUSE_BROKER_PORTS: options.brokerPorts,
      DATABASE_URL: undefined,
      ...options.env,
    },
  });
}

/** What a broker of the local provisioner says about itself. */
export interface RunFile {
  readonly pid: number;
  readonly incarnationId: string;
  readonly adminUrl: string;
}

/** Reads the run file of a cluster's first broker, as soon as there is one that `fits`. */
export function waitForBroker(
  home: string,
  clusterId: string,
  fits: (run: RunFile) => boolean = () => true,
): Promise<RunFile> {
  const file = join(home, 'clusters', clusterId, '1', 'run.json');
  return waitFor(`a broker of ${clusterId}`, () => {
    if (!existsSync(file)) return undefined;
    const run = JSON.parse(readFileSync(file, 'utf8')) as RunFile;
    return fits(run) ? run : undefined;
  });
}
