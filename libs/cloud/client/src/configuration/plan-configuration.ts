import {
  clustersToRead,
  planConfiguration,
  type ConfigurationPlan,
  type DeclaredObject,
  type LiveObject,
} from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import type { CloudClient } from '../cloud-client.ts';
import { recall } from './configuration-memory.ts';
import { readLive } from './read-live.ts';

/** A plan together with what it was made of. */
export interface PlannedConfiguration {
  readonly plan: ConfigurationPlan;
  readonly live: readonly LiveObject[];
  readonly organizationId: string;
}

/** What is wanted: a file's objects, or that what it made goes. */
export interface ConfigurationWish {
  readonly name: string;
  readonly objects: readonly DeclaredObject[];
  readonly destroy: boolean;
}

/**
 * Reads the live state and plans. Throws `failed_precondition` when a name of the file is that of
 * several things.
 */
export async function readAndPlan(
  client: CloudClient,
  wish: ConfigurationWish,
): Promise<PlannedConfiguration> {
  const { destroy, name, objects } = wish;
  const { organizationId, owned } = await recall(client, name);
  const declared = destroy ? [] : objects;
  const inside = clustersToRead(declared, owned);
  const live = await readLive(client, { organizationId, inside });
  const named = [...declared, ...owned].find(({ address }) => live.ambiguous.has(address));
  if (named !== undefined) {
    throw new AppError(
      'failed_precondition',
      `There are several things of the name ${named.address}: rename all but one.`,
    );
  }
  const protectedByFile = objects.filter(({ protect }) => protect).map(({ address }) => address);
  const plan = planConfiguration({
    configuration: name,
    declared,
    live: live.objects,
    owned,
    ...(destroy ? { protectedByFile } : {}),
  });
  return { plan, live: live.objects, organizationId };
}

/** Everything that is there, for a file of the given name. */
export async function readEverything(
  client: CloudClient,
  name: string,
): Promise<{ readonly objects: readonly LiveObject[]; readonly remarks: readonly string[] }> {
  const { organizationId } = await recall(client, name);
  const { ambiguous, objects, remarks } = await readLive(client, { organizationId, inside: 'all' });
  const doubles = [...ambiguous].map((address) => `${address} is left out: there are several.`);
  return { objects, remarks: [...remarks, ...doubles] };
}
