import { createServer } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createRegistry } from '@weirhouse/shared-observability';
import { AppError, type Log } from '@weirhouse/shared-kernel';
import { ChangeSignal } from './audit/change-signal.ts';
import { createClusterRuntime } from './cluster-runtime.ts';
import type { Config } from './config.ts';
import { createQueryMeter, watchDatabase } from './database/database-metrics.ts';
import { openDatabase } from './database/open-database.ts';
import type { OpenDatabase } from './database/database.ts';
import { Repositories } from './database/repositories.ts';
import { parseDatabaseUrl } from './database/postgres-database.ts';
import { Readiness } from './health/readiness.ts';
import { ApiAddress } from './http/api-address.ts';
import type { RequestRates } from './http/request-limits.ts';
import { readPrices } from './metering/prices.ts';
import type { OidcSettings } from './oidc/oidc-issuer.ts';
import { systemClock, systemRandom, systemTimers, type ServicePorts } from './ports.ts';
import type { Provisioner } from './provisioner/provisioner.ts';
import { withStoredHashKey } from './secrets/hash-key.ts';
import { startRetentions } from './retentions.ts';
import { loadMasterKey } from './secrets/master-key.ts';
import { asksForSpans } from './observability/spans.ts';
import { openStateFolder, type StateFolder } from './state/state-folder.ts';
import { within } from './within.ts';

/** Requests of this many seconds may come at once. */
const BURST_SECONDS = 10;
/** Callers of one organization that may ask as often as they can at the same time. */
const CALLERS_OF_ORGANIZATION = 5;

/** How long requests under way may take at the end of the process, in milliseconds. */
const API_CLOSE_MAX_MS = 10_000;

/** How long the database may take to answer before this process is not ready, in milliseconds. */
const DATABASE_ANSWER_MAX_MS = 2_000;

/** A control plane that serves. */
export interface ControlPlane {
  readonly app: NestFastifyApplication;
  readonly log: Log;
  readonly stateFolder: StateFolder;
  /** `http://host:port` */
  readonly url: string;
  /** Answers what is under way and ends everything in order. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly config: Config;
  /** Opens the log once the state folder is this process's own. */
  readonly openLog: () => Log;
  /** The process's environment, for brokers. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For specs: other brokers and shorter times. */
  readonly instead?: {
    readonly provisioner?: Provisioner;
    readonly stallMaxMs?: number;
    readonly stopMaxMs?: number;
  };
}

/** Something that was started and must end, last started first. */
type Ending = () => Promise<void>;

/**
 * Starts the REST API on its database and the reconciler. Whatever is wrong is found before anything is made, as far as
 * it can be: port, state folder, database. Throws AppErrors whose message is one sentence.
 */
export async function startControlPlane(options: StartOptions): Promise<ControlPlane> {
  const { config } = options;
  const endings: Ending[] = [];
  const stop = async (): Promise<void> => {
    for (let end = endings.pop(); end !== undefined; end = endings.pop()) await end();
  };
  try {
    if (config.DATABASE_URL !== undefined) parseDatabaseUrl(config.DATABASE_URL);
    await requireFreePort(config);
    const stateFolder = await openStateFolder(config.WEIRHOUSE_HOME, {
      isShared: config.DATABASE_URL !== undefined,
    });
    endings.push(() => stateFolder.release());
    const log = options.openLog();
    endings.push(await startTracing(options.environment));
    const loadedKey = await loadMasterKey({
      keyFile: config.WEIRHOUSE_MASTER_KEY_FILE,
      stateFolder: stateFolder.path,
    });
    const metrics = createRegistry('control_plane');
    const [database, { createApp }] = await Promise.all([
      openDatabase({
        databaseUrl: config.DATABASE_URL,
        stateFolder: stateFolder.path,
        probe: createQueryMeter(metrics),
      }),
      // Nest takes a while to load; the database starts meanwhile.
      import('./http/create-app.ts'),
    ]);
    endings.push(() => database.close());
    const ports = {
      masterKey: await withStoredHashKey(database.prisma, loadedKey),
      clock: systemClock,
      random: systemRandom,
      requestRates: requestRates(config.WEIRHOUSE_REQUESTS_PER_SECOND),
      issuerNetworks: config.WEIRHOUSE_ISSUER_NETWORKS,
      ...chosenSettings(config),
    };
    watchDatabase(database, metrics);
    const trustedProxies = config.WEIRHOUSE_TRUSTED_PROXIES;
    const app = await createApp(
      { ...ports, database: database.prisma, log, metrics },
      trustedProxies === undefined ? {} : { trustedProxies },
    );
    const runtime = createClusterRuntime({
      database,
      ports,
      signal: app.get(ChangeSignal),
      metrics,
      log,
      stateFolder: stateFolder.path,
      portRange: config.WEIRHOUSE_BROKER_PORTS,
      environment: options.environment,
      ...options.instead,
    });
    endings.push(() => runtime.stop());
    endings.push(() => closeApi(app, log, options.instead?.stopMaxMs));
    app.get(Readiness).add('database', () => checkDatabase(database));
    app.get(Readiness).add('reconciler', () => runtime.findProblem());
    const url = await listen(app, config);
    await runtime.start();
    const events = app.get(Repositories).auditEvents;
    endings.push(startRetentions({ events, database: database.prisma, log }));
    log.info({ url, database: database.kind }, 'REST API is listening');
    return { app, log, stateFolder, url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Sends spans when the environment asks for them; answers how that ends. */
async function startTracing(environment: StartOptions['environment']): Promise<Ending> {
  if (!asksForSpans(environment)) return () => Promise.resolve();
  const { startOpenTelemetry } = await import('./observability/open-telemetry.ts');
  return startOpenTelemetry('weirhouse-control-plane', environment);
}

/** An organization is many callers; a burst is what a tool that lists everything sends at once. */
function requestRates(perSecond: number): RequestRates {
  const caller = { perSecond, burst: perSecond * BURST_SECONDS };
  const times = CALLERS_OF_ORGANIZATION;
  const organization = { perSecond: perSecond * times, burst: caller.burst * times };
  return { caller, organization };
}

/** What operators may choose. Throws `invalid_argument` for prices or an issuer that make no sense. */
function chosenSettings(config: Config): Partial<ServicePorts> {
  const { WEIRHOUSE_PRICES_FILE: file, WEIRHOUSE_REGIONS: regions } = config;
  const prices = readPrices(file);
  return { ...oidcSettings(config), ...(regions === undefined ? {} : { regions }), prices };
}

/** Throws `invalid_argument` for an issuer without a client id. */
function oidcSettings(config: Config): { readonly oidc?: OidcSettings } {
  const { WEIRHOUSE_OIDC_ISSUER: issuer, WEIRHOUSE_OIDC_CLIENT_ID: clientId } = config;
  if (issuer === undefined) return {};
  if (clientId === undefined)
    throw new AppError(
      'invalid_argument',
      'WEIRHOUSE_OIDC_ISSUER needs WEIRHOUSE_OIDC_CLIENT_ID.',
      {
        field: 'WEIRHOUSE_OIDC_CLIENT_ID',
      },
    );
  return { oidc: { issuer, clientId, clientSecret: config.WEIRHOUSE_OIDC_CLIENT_SECRET } };
}

/** Takes no more requests, answers those under way, and cuts off what takes too long. */
async function closeApi(
  app: NestFastifyApplication,
  log: Log,
  maxMs = API_CLOSE_MAX_MS,
): Promise<void> {
  const closing = app.close().then(() => 'closed' as const);
  if ((await within(systemTimers, maxMs, closing)) !== undefined) return;
  log.warn({ maxMs }, 'requests were cut off: they took too long for the end of the process');
  app.getHttpServer().closeAllConnections();
  await within(systemTimers, maxMs, closing);
}

/** A database that hangs is as good as one that is gone. */
async function checkDatabase(database: OpenDatabase): Promise<string | undefined> {
  const slow = new Promise<string>((resolve) => {
    setTimeout(resolve, DATABASE_ANSWER_MAX_MS, 'does not answer').unref();
  });
  const asked = database.prisma.$queryRaw`SELECT 1`.then(
    () => undefined,
    () => 'does not answer',
  );
  return Promise.race([asked, slow]);
}

async function listen(app: NestFastifyApplication, config: Config): Promise<string> {
  const host = config.WEIRHOUSE_HOST;
  try {
    await app.listen(config.WEIRHOUSE_PORT, host);
  } catch (cause) {
    throw portError(config, cause);
  }
  const { port } = app.getHttpServer().address() as { readonly port: number };
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  app.get(ApiAddress).becomes(config.WEIRHOUSE_PUBLIC_URL ?? url);
  return url;
}

/** Asked before anything is made: the usual mistake is a second start. */
async function requireFreePort(config: Config): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (cause) => reject(portError(config, cause)));
    probe.listen(config.WEIRHOUSE_PORT, config.WEIRHOUSE_HOST, resolve);
  });
  await new Promise<void>((resolve) => void probe.close(() => resolve()));
}

function portError(config: Config, cause: unknown): AppError {
  const { code } = cause as NodeJS.ErrnoException;
  const reason =
    code === 'EADDRINUSE'
      ? 'it is in use'
      : code === 'EACCES'
        ? 'this user may not open it'
        : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
          ? 'this machine has no such address'
          : String(code);
  const { WEIRHOUSE_HOST: host, WEIRHOUSE_PORT: port } = config;
  return new AppError(
    'failed_precondition',
    `Port ${port} on ${host} cannot be opened: ${reason}. Set WEIRHOUSE_PORT (0 takes any free one).`,
    { field: 'WEIRHOUSE_PORT', cause },
  );
}
