import { routes, type RouteRequest } from '@weirhouse/cloud-contract';
import { addressOf, namesOf, type FieldChange, type Fields } from '@weirhouse/cloud-plan';
import { isAppError } from '@weirhouse/shared-kernel';
import { idOf, principalOf, textOf, type ApplyWorld, type KindActions } from './actions.ts';
import { waitUntilReady } from './cluster-actions.ts';
import { patiently } from './patience.ts';

type NewAcl = RouteRequest<typeof routes.createAcl>['body'];

export const topicActions: KindActions = {
  async create(world, { address, fields }) {
    const params = { cluster_id: await clusterId(world, address) };
    const topic_name = namesOf(address)[2] ?? '';
    const { config, partitions } = fields;
    const configs = Object.entries(settingsOf(config)).map(([name, value]) => ({ name, value }));
    const count = typeof partitions === 'number' ? { partitions_count: partitions } : {};
    const body = { topic_name, ...count, configs };
    let isAgain = false;
    await patiently(world.pace, async () => {
      // An answer that was lost may have been that of a success.
      if (isAgain && (await hasTopic(world, { ...params, topic_name }))) return;
      isAgain = true;
      await world.client.call(routes.createTopic, { params, query: {}, body });
    });
    return topic_name;
  },
  async update(world, { address, changed, id }) {
    const params = { cluster_id: await clusterId(world, address), topic_name: id };
    for (const change of changed) {
      if (change.field === 'partitions') {
        const body = { partitions_count: Number(change.after) };
        await world.client.call(routes.updateTopic, { params, query: {}, body });
      } else {
        const body = { data: alterations(change) };
        await world.client.call(routes.alterTopicConfigs, { params, query: {}, body });
      }
    }
  },
  async delete(world, { address, id }) {
    const params = { cluster_id: await clusterId(world, address), topic_name: id };
    await world.client.call(routes.deleteTopic, { params, query: {} });
  },
};

export const aclActions: KindActions = {
  async create(world, { address, fields }) {
    const params = { cluster_id: await clusterId(world, address) };
    const body = newAcl(world, fields);
    // The same ACL twice is one ACL, so that a lost answer may be asked for again.
    await patiently(world.pace, () =>
      world.client.call(routes.createAcl, { params, query: {}, body }),
    );
    return address;
  },
  async delete(world, { address, fields }) {
    const params = { cluster_id: await clusterId(world, address) };
    await world.client.call(routes.deleteAcls, { params, query: newAcl(world, fields) });
  },
};

async function clusterId(world: ApplyWorld, address: string): Promise<string> {
  const [environment = '', name = ''] = namesOf(address);
  const cluster = addressOf('cluster', environment, name);
  await waitUntilReady(world, cluster);
  return idOf(world, cluster);
}

async function hasTopic(
  { client }: ApplyWorld,
  params: { readonly cluster_id: string; readonly topic_name: string },
): Promise<boolean> {
  try {
    await client.call(routes.getTopic, { params, query: {} });
    return true;
  } catch (error) {
    if (isAppError(error) && error.code === 'not_found') return false;
    throw error;
  }
}

function alterations({ after, before }: FieldChange) {
  const [was, is] = [settingsOf(before), settingsOf(after)];
  const set = Object.entries(is)
    .filter(([name, value]) => was[name] !== value)
    .map(([name, value]) => ({ name, value, operation: 'SET' as const }));
  const unset = Object.keys(was)
    .filter((name) => !(name in is))
    .map((name) => ({ name, operation: 'DELETE' as const }));
  return [...set, ...unset];
}

function settingsOf(config: Fields[string] | undefined): Readonly<Record<string, string>> {
  return typeof config === 'object' && !Array.isArray(config)
    ? (config as Readonly<Record<string, string>>)
    : {};
}

/** The file's words are those of the contract. */
function newAcl(world: ApplyWorld, fields: Fields): NewAcl {
  const principal = principalOf(world, textOf(fields, 'principal'));
  return { ...fields, principal } as unknown as NewAcl;
}
