import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBroker, temporaryFolder, type TestBroker } from '@weirhouse/testing-harness';

export const USER = 'admin';
export const PASSWORD = 'correct horse battery staple';

export interface SecuredBroker {
  readonly broker: TestBroker;
  readonly bootstrap: string;
  stop(): Promise<void>;
}

/** A real broker process with a SASL listener and one super user. */
export async function startSecuredBroker(): Promise<SecuredBroker> {
  const folder = temporaryFolder('conformance');
  const credentials = join(folder.path, 'credentials.json');
  writeFileSync(credentials, JSON.stringify({ users: [{ name: USER, password: PASSWORD }] }));
  const broker = await startBroker({
    dir: join(folder.path, 'data'),
    config: {
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
      'bootstrap.credentials.file': credentials,
      'super.users': `User:${USER}`,
      'group.initial.rebalance.delay.ms': 0,
      'log.level': 'warn',
    },
  });
  return {
    broker,
    bootstrap: broker.bootstrap,
    stop: async () => {
      broker.kill('SIGTERM');
      await broker.exited();
      folder.remove();
    },
  };
}
