import fs from 'node:fs';
import path from 'node:path';
import { aclKey, type Acl } from '@weirhouse/cloud-plan';
import type { ClusterAdmin } from './cluster-admin.ts';

interface Inside {
  readonly credentials: readonly string[];
  readonly acls: readonly Acl[];
}

/** For tests: what a cluster's brokers were told, in a file, so that it outlives control planes. */
export class FileAdmin implements ClusterAdmin {
  readonly #file: string;

  constructor(stateFolder: string, port: number) {
    this.#file = path.join(stateFolder, `inside-${port}.json`);
  }

  listCredentials(): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(this.#read().credentials));
  }

  pushCredential({ apiKeyId }: { readonly apiKeyId: string }): Promise<void> {
    const inside = this.#read();
    return this.#write({ ...inside, credentials: [...inside.credentials, apiKeyId] });
  }

  removeCredential(apiKeyId: string): Promise<void> {
    const inside = this.#read();
    const credentials = inside.credentials.filter((id) => id !== apiKeyId);
    return this.#write({ ...inside, credentials });
  }

  listAcls(): Promise<readonly Acl[]> {
    return Promise.resolve(this.#read().acls);
  }

  applyAcls(changes: { create: readonly Acl[]; remove: readonly Acl[] }): Promise<void> {
    const inside = this.#read();
    const removed = new Set(changes.remove.map(aclKey));
    const kept = inside.acls.filter((acl) => !removed.has(aclKey(acl)));
    return this.#write({ ...inside, acls: [...kept, ...changes.create] });
  }

  listQuotas(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  applyQuotas(): Promise<void> {
    return Promise.resolve();
  }

  listChangedSettings(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  resetSettings(): Promise<void> {
    return Promise.resolve();
  }

  createTopic(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    // Nothing is held open.
  }

  #read(): Inside {
    if (!fs.existsSync(this.#file)) return { credentials: [], acls: [] };
    return JSON.parse(fs.readFileSync(this.#file, 'utf8')) as Inside;
  }

  /** As a whole or not at all: whoever writes may be killed at any point. */
  #write(inside: Inside): Promise<void> {
    const draft = `${this.#file}.${process.pid}`;
    fs.writeFileSync(draft, JSON.stringify(inside));
    fs.renameSync(draft, this.#file);
    return Promise.resolve();
  }
}
