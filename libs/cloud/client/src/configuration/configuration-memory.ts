import { routes } from '@weirhouse/cloud-contract';
import type { OwnedObject } from '@weirhouse/cloud-plan';
import type { CloudClient } from '../cloud-client.ts';

/** Most objects that one request may forget: the contract's bound. */
const FORGOTTEN_MAX = 100;

/** What the server remembers of a configuration. */
export interface ConfigurationMemory {
  readonly organizationId: string;
  readonly owned: readonly OwnedObject[];
}

/** Reads what a configuration made, by its name. */
export async function recall(client: CloudClient, name: string): Promise<ConfigurationMemory> {
  const answer = await client.call(routes.getConfiguration, { params: { name }, query: {} });
  const owned = answer.objects.map(({ address, object_id: id, protect }) => ({
    address,
    id,
    protect,
  }));
  return { organizationId: answer.organization_id, owned };
}

/** Notes an object; without an id that its creation begins. */
export async function note(
  client: CloudClient,
  name: string,
  { address, id, protect }: OwnedObject,
): Promise<void> {
  const made = [{ address, protect, ...(id === undefined ? {} : { object_id: id }) }];
  await client.call(routes.noteConfiguration, { params: { name }, query: {}, body: { made } });
}

/** Forgets objects that are gone. */
export async function forget(
  client: CloudClient,
  name: string,
  addresses: readonly string[],
): Promise<void> {
  for (let start = 0; start < addresses.length; start += FORGOTTEN_MAX) {
    const forgotten = addresses.slice(start, start + FORGOTTEN_MAX);
    await client.call(routes.noteConfiguration, {
      params: { name },
      query: {},
      body: { forgotten },
    });
  }
}
