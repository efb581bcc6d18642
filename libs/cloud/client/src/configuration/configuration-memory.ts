import { routes, type RouteRequest } from '@weirhouse/cloud-contract';
import type { OwnedObject } from '@weirhouse/cloud-plan';
import type { CloudClient } from '../cloud-client.ts';

/** Most objects that one request may forget: the contract's bound. */
const FORGOTTEN_MAX = 100;

/** What the server remembers of a configuration. */
export interface ConfigurationMemory {
  readonly organizationId: string;
  readonly owned: readonly OwnedObject[];
}

/** Which configuration: one of the organization, or one within an environment. */
export interface ConfigurationScope {
  readonly configuration: string;
  readonly environmentId: string | undefined;
}

/** Reads what a configuration made. */
export async function recall(
  client: CloudClient,
  { configuration: name, environmentId: environment }: ConfigurationScope,
): Promise<ConfigurationMemory> {
  const request = { params: { name }, query: { environment } };
  const answer = await client.call(routes.getConfiguration, request);
  const owned = answer.objects.map(({ address, object_id: id, protect }) => ({
    address,
    id,
    protect,
  }));
  return { organizationId: answer.organization_id, owned };
}

/** One apply of one configuration. */
export interface ApplyName extends ConfigurationScope {
  /** Unlike that of any other apply. */
  readonly holder: string;
}

/** Notes an object; without an id that its creation begins. */
export async function note(
  client: CloudClient,
  name: ApplyName,
  { address, id, protect }: OwnedObject,
): Promise<void> {
  await send(client, name, {
    made: [{ address, protect, ...(id === undefined ? {} : { object_id: id }) }],
  });
}

/** Forgets objects that are gone. */
export async function forget(
  client: CloudClient,
  name: ApplyName,
  addresses: readonly string[],
): Promise<void> {
  for (let start = 0; start < addresses.length; start += FORGOTTEN_MAX)
    await send(client, name, { forgotten: addresses.slice(start, start + FORGOTTEN_MAX) });
}

/** Says that this apply goes on, or that it has ended. */
export async function beat(
  client: CloudClient,
  name: ApplyName,
  { release }: { readonly release: boolean },
): Promise<void> {
  await send(client, name, { release });
}

async function send(
  client: CloudClient,
  { configuration, environmentId, holder }: ApplyName,
  body: Omit<RouteRequest<typeof routes.noteConfiguration>['body'], 'holder'>,
): Promise<void> {
  await client.call(routes.noteConfiguration, {
    params: { name: configuration },
    query: { environment: environmentId },
    body: { holder, ...body },
  });
}
