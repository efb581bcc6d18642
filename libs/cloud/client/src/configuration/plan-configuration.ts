import {
  clustersToRead,
  planConfiguration,
  type ConfigurationPlan,
  type LiveObject,
} from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import type { CloudClient } from '../cloud-client.ts';
import { recall, type ConfigurationScope } from './configuration-memory.ts';
import { readLive } from './read-live.ts';
import { explained, findScope, type ConfigurationWish } from './scope.ts';

/** A plan together with what it was made of. */
export interface PlannedConfiguration {
  readonly plan: ConfigurationPlan;
  readonly live: readonly LiveObject[];
  readonly organizationId: string;
  readonly scope: ConfigurationScope;
}

/**
 * Reads the live state and plans. Throws `failed_precondition` when a name of the file is that of
 * several things or of nothing, and `forbidden` with the role that would do.
 */
export function readAndPlan(
  client: CloudClient,
  wish: ConfigurationWish,
): Promise<PlannedConfiguration> {
  return explained(wish, () => plan(client, wish));
}

async function plan(client: CloudClient, wish: ConfigurationWish): Promise<PlannedConfiguration> {
  const { destroy, name, objects, requires } = wish;
  const scope = await findScope(client, wish);
  const { organizationId, owned } = await recall(client, scope);
  const declared = destroy ? [] : objects;
  const inside = clustersToRead(declared, owned);
  const live = await readLive(client, { organizationId, inside, ...scope });
  const missing = requires.find((one) => !live.objects.some(({ address }) => address === one));
  if (missing !== undefined && !destroy) {
    throw new AppError(
      'failed_precondition',
      `There is no ${missing}, and a file within an environment makes none: ask an OrganizationAdmin or an AccountAdmin for it.`,
    );
  }
  const named = [...declared, ...owned].find(({ address }) => live.ambiguous.has(address));
  if (named !== undefined) {
    throw new AppError(
      'failed_precondition',
      `There are several things of the name ${named.address}: rename all but one.`,
    );
  }
  const protectedByFile = objects.filter(({ protect }) => protect).map(({ address }) => address);
  const planned = planConfiguration({
    configuration: name,
    declared,
    live: live.objects,
    owned,
    ...(destroy ? { protectedByFile } : {}),
  });
  return { plan: planned, live: live.objects, organizationId, scope };
}

/** Everything that is there, for a file of the given name. */
export async function readEverything(
  client: CloudClient,
  name: string,
): Promise<{ readonly objects: readonly LiveObject[]; readonly remarks: readonly string[] }> {
  const scope = { configuration: name, environmentId: undefined };
  const { ambiguous, objects, remarks } = await explained({ within: undefined }, async () => {
    const { organizationId } = await recall(client, scope);
    return readLive(client, { organizationId, inside: 'all', environmentId: undefined });
  });
  const doubles = [...ambiguous].map((address) => `${address} is left out: there are several.`);
  return { objects, remarks: [...remarks, ...doubles] };
}
