import { routes, type RouteRequest } from '@weirhouse/cloud-contract';
import { addressOf, namesOf, type Fields } from '@weirhouse/cloud-plan';
import { AppError, isAppError } from '@weirhouse/shared-kernel';
import { idOf, textOf, type ApplyWorld, type KindActions, type Wish } from './actions.ts';
import { patiently } from './patience.ts';

/** Pause between two looks at a cluster, in milliseconds. */
const LOOK_PAUSE_MS = 500;
/** How long a cluster may take to be provisioned or to be gone, in milliseconds. */
const CLUSTER_MAX_MS = 30 * 60_000;

type NewSpec = RouteRequest<typeof routes.createCluster>['body']['spec'];

export const environmentActions: KindActions = {
  async create({ client }, { address }) {
    const [display_name = ''] = namesOf(address);
    const body = { display_name };
    return (await client.call(routes.createEnvironment, { params: {}, query: {}, body })).id;
  },
  async delete({ client }, { id }) {
    await client.call(routes.deleteEnvironment, { params: { id }, query: {} });
  },
};

export const clusterActions: KindActions = {
  async create(world, wish) {
    const body = { spec: newSpec(world, wish) };
    const made = await world.client.call(routes.createCluster, { params: {}, query: {}, body });
    world.ids.set(wish.address, made.id);
    await waitUntilReady(world, wish.address);
    return made.id;
  },
  async update(world, { address, changed, fields, id }) {
    const environment = { id: environmentOf(world, address) };
    const resizes = changed.some(({ field }) => ['kind', 'cku', 'max_ecku'].includes(field));
    const protects = changed.some(({ field }) => field === 'deletion_protection');
    const spec = {
      environment,
      ...(resizes ? { config: configOf(fields) } : {}),
      ...(protects ? { deletion_protection: fields['deletion_protection'] === true } : {}),
    };
    await world.client.call(routes.updateCluster, { params: { id }, query: {}, body: { spec } });
    world.ready.delete(address);
    await waitUntilReady(world, address);
  },
  async delete(world, { address, id }) {
    const request = { params: { id }, query: { environment: environmentOf(world, address) } };
    await world.client.call(routes.deleteCluster, request);
    await waitUntil(world, `${address} to be gone`, async () => {
      try {
        await world.client.call(routes.getCluster, request);
        return false;
      } catch (error) {
        if (isAppError(error) && error.code === 'not_found') return true;
        throw error;
      }
    });
  },
};

/** Waits until a cluster is PROVISIONED; at once when it was seen so before. */
export async function waitUntilReady(world: ApplyWorld, address: string): Promise<void> {
  if (world.ready.has(address)) return;
  const id = idOf(world, address);
  const request = { params: { id }, query: { environment: environmentOf(world, address) } };
  await waitUntil(world, `${address} to be provisioned`, async () => {
    const { status } = await world.client.call(routes.getCluster, request);
    if (status.phase === 'FAILED')
      throw new AppError('failed_precondition', `${address} (${id}) could not be provisioned.`);
    return status.phase === 'PROVISIONED';
  });
  world.ready.add(address);
}

/** The address of the cluster that a place names as `environment/cluster`. */
export function clusterAddress(place: string): string {
  return `cluster.${place}`;
}

async function waitUntil(
  { pace }: ApplyWorld,
  what: string,
  look: () => Promise<boolean>,
): Promise<void> {
  const endMs = pace.monotonicMs() + CLUSTER_MAX_MS;
  while (!(await patiently(pace, look))) {
    if (pace.monotonicMs() >= endMs)
      throw new AppError(
        'timeout',
        `Waiting for ${what} took too long: look at it, then apply again.`,
      );
    await pace.wait(LOOK_PAUSE_MS);
  }
}

function environmentOf(world: ApplyWorld, address: string): string {
  const [environment = ''] = namesOf(address);
  return idOf(world, addressOf('environment', environment));
}

function newSpec(world: ApplyWorld, { address, fields }: Wish): NewSpec {
  const [, display_name = ''] = namesOf(address);
  return {
    display_name,
    availability: textOf(fields, 'availability') as NewSpec['availability'],
    cloud: textOf(fields, 'cloud') as NewSpec['cloud'],
    region: textOf(fields, 'region'),
    config: configOf(fields),
    environment: { id: environmentOf(world, address) },
    ...(fields['deletion_protection'] === true ? { deletion_protection: true } : {}),
  };
}

/** Fields that a kind does not have are left to the API to refuse. */
function configOf(fields: Fields): NewSpec['config'] {
  const { cku, kind, max_ecku, zones } = fields;
  const config = { kind, cku, max_ecku, zones };
  const said = Object.entries(config).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as unknown as NewSpec['config'];
}
