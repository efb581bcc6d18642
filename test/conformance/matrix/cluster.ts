import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  makeCertificate,
  startBroker,
  startTokenIssuer,
  temporaryFolder,
  type TestBroker,
} from '@weirhouse/testing-harness';
import type { Connection } from './operations.ts';

/** The super user of the broker under test; drivers log in as this one where a scenario says nothing else. */
const ADMIN = { username: 'admin', password: 'correct horse battery staple' } as const;
/** A user who may do only what an ACL allows. */
const GUEST = { username: 'guest', password: 'let me in' } as const;

/** Whom the bearer tokens and the client certificate of the tests name; super users too. */
const TOKEN_SUBJECT = 'agent';
const CERTIFICATE_NAME = 'mesh';
const TOKEN_MS = 3_600_000;

/** A broker process with every kind of listener, which can be killed and started again at its addresses. */
export interface TestCluster {
  /** PLAIN over SASL_PLAINTEXT as the super user. */
  readonly admin: Connection;
  /** The same as a user without rights. */
  readonly guest: Connection;
  /** PLAIN over SASL_SSL as the super user. */
  readonly tls: Connection;
  /** A client certificate over SSL. */
  readonly mtls: Connection;
  /** OAUTHBEARER over SASL_PLAINTEXT. */
  readonly bearer: Connection;
  /** Where the broker keeps its partitions. */
  readonly dataFolder: string;
  /** kill -9, then a start on the same data and ports. */
  restart(): Promise<void>;
  /** An orderly end that leaves the data. */
  shutDown(): Promise<void>;
  stop(): Promise<void>;
}

/** Groups notice lost members within seconds, so that scenarios take no longer than that. */
const GROUP_SETTINGS = {
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 1000,
  'group.consumer.min.session.timeout.ms': 1000,
  'group.consumer.session.timeout.ms': 6000,
  'group.consumer.min.heartbeat.interval.ms': 100,
  'group.consumer.heartbeat.interval.ms': 500,
} as const;

export async function startCluster(): Promise<TestCluster> {
  const other = process.env['WEIRHOUSE_CONFORMANCE_AGAINST'];
  return other === undefined ? startOurs() : otherCluster(other);
}

/** A broker that already runs: for the question whether Apache Kafka behaves in the same way. */
function otherCluster(connections: string): TestCluster {
  const known = JSON.parse(connections) as Pick<
    TestCluster,
    'admin' | 'guest' | 'tls' | 'mtls' | 'bearer'
  >;
  return {
    ...known,
    dataFolder: '',
    shutDown: () => Promise.resolve(),
    restart: () => Promise.reject(new Error('this broker is not ours to restart')),
    stop: () => Promise.resolve(),
  };
}

async function startOurs(): Promise<TestCluster> {
  const folder = temporaryFolder('conformance');
  const credentials = join(folder.path, 'credentials.json');
  const users = [ADMIN, GUEST].map(({ username, password }) => ({ name: username, password }));
  writeFileSync(credentials, JSON.stringify({ users }));
  const authority = makeCertificate(folder.path, 'authority', { subject: '/CN=authority' });
  const server = makeCertificate(folder.path, 'server', { authority });
  const own = makeCertificate(folder.path, 'client', {
    authority,
    subject: `/CN=${CERTIFICATE_NAME}`,
  });
  const issuer = await startTokenIssuer();
  const start = (listeners: string): Promise<TestBroker> =>
    startBroker({
      dir: join(folder.path, 'data'),
      config: {
        ...GROUP_SETTINGS,
        listeners,
        'ssl.certificate.file': server.certificateFile,
        'ssl.key.file': server.keyFile,
        'bootstrap.credentials.file': credentials,
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
        'sasl.oauthbearer.jwks.endpoint.url': issuer.keysUrl,
        'sasl.oauthbearer.expected.audience': 'kafka',
        'listener.name.ssl.ssl.client.auth': 'required',
        'listener.name.ssl.ssl.truststore.type': 'PEM',
        'listener.name.ssl.ssl.truststore.location': authority.certificateFile,
        'ssl.principal.mapping.rules': 'RULE:^CN=([^,]*).*$/$1/,DEFAULT',
        'super.users': [ADMIN.username, TOKEN_SUBJECT, CERTIFICATE_NAME]
          .map((name) => `User:${name}`)
          .join(';'),
        'log.level': 'warn',
      },
    });
  let broker = await start('SASL_PLAINTEXT://127.0.0.1:0,SASL_SSL://127.0.0.1:0,SSL://127.0.0.1:0');
  const listeners = listenersOf(broker);
  const shutDown = async (): Promise<void> => {
    broker.kill('SIGTERM');
    await broker.exited();
  };
  const plain = { protocol: 'SASL_PLAINTEXT', mechanism: 'PLAIN' } as const;
  const bootstrap = addressOf(listeners, plain.protocol);
  return {
    admin: { ...plain, bootstrap, ...ADMIN },
    guest: { ...plain, bootstrap, ...GUEST },
    tls: {
      protocol: 'SASL_SSL',
      mechanism: 'PLAIN',
      bootstrap: addressOf(listeners, 'SASL_SSL'),
      caFile: authority.certificateFile,
      ...ADMIN,
    },
    mtls: {
      protocol: 'SSL',
      bootstrap: addressOf(listeners, 'SSL'),
      caFile: authority.certificateFile,
      ...own,
    },
    bearer: {
      protocol: 'SASL_PLAINTEXT',
      mechanism: 'OAUTHBEARER',
      bootstrap,
      token: issuer.token({ sub: TOKEN_SUBJECT, exp: (Date.now() + TOKEN_MS) / 1000 }),
      tokenEndsMs: Date.now() + TOKEN_MS,
    },
    dataFolder: join(folder.path, 'data'),
    restart: async () => {
      broker.kill('SIGKILL');
      await broker.exited();
      broker = await start(listeners.join(','));
    },
    shutDown,
    stop: async () => {
      await shutDown();
      issuer.close();
      folder.remove();
    },
  };
}

/** `PROTOCOL://host:port` of each listener, with the ports that it took. */
function listenersOf(broker: TestBroker): string[] {
  return [...broker.output().matchAll(/\b[A-Z_]+:\/\/[\d.]+:\d+/g)].map(([listener]) => listener);
}

function addressOf(listeners: readonly string[], protocol: Connection['protocol']): string {
  const found = listeners.find((listener) => listener.startsWith(`${protocol}://`));
  if (found === undefined) throw new Error(`the broker has no ${protocol} listener`);
  return found.slice(`${protocol}://`.length);
}
