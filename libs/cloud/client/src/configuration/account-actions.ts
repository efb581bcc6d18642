import { formatCrnSteps, organizationCrn, routes } from '@weirhouse/cloud-contract';
import { addressOf, namesOf } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import {
  idOf,
  principalOf,
  textOf,
  type ApplyWorld,
  type KindActions,
  type PresentObject,
} from './actions.ts';
import { clusterAddress, waitUntilReady } from './cluster-actions.ts';

export const serviceAccountActions: KindActions = {
  async create({ client }, { address, fields }) {
    const [display_name = ''] = namesOf(address);
    const body = { display_name, description: textOf(fields, 'description') };
    return (await client.call(routes.createServiceAccount, { params: {}, query: {}, body })).id;
  },
  async update({ client }, { fields, id }) {
    const body = { description: textOf(fields, 'description') };
    await client.call(routes.updateServiceAccount, { params: { id }, query: {}, body });
  },
  async delete({ client }, { id }) {
    await client.call(routes.deleteServiceAccount, { params: { id }, query: {} });
  },
};

export const apiKeyActions: KindActions = {
  async create(world, { address, fields }) {
    if (world.saveSecret === undefined) {
      throw new AppError(
        'failed_precondition',
        `${address} is a new key and nobody keeps its secret: name a file with --secrets.`,
      );
    }
    const [account = '', display_name = ''] = namesOf(address);
    const resource = await openedResource(world, textOf(fields, 'for'));
    const spec = {
      display_name,
      description: textOf(fields, 'description'),
      owner: { id: idOf(world, addressOf('service_account', account)) },
      ...(resource === undefined ? {} : { resource }),
    };
    const request = { params: {}, query: {}, body: { spec } };
    const made = await world.client.call(routes.createApiKey, request);
    await world.saveSecret({ address, id: made.id, secret: made.spec.secret ?? '' });
    return made.id;
  },
  async update({ client }, { fields, id }) {
    const body = { spec: { description: textOf(fields, 'description') } };
    await client.call(routes.updateApiKey, { params: { id }, query: {}, body });
  },
  async delete({ client }, { id }) {
    await client.call(routes.deleteApiKey, { params: { id }, query: {} });
  },
};

/** Undefined = a Cloud key. */
async function openedResource(
  world: ApplyWorld,
  opened: string,
): Promise<{ readonly id: string } | undefined> {
  if (opened === 'cloud') return undefined;
  if (opened === 'global') return { id: 'global' };
  await waitUntilReady(world, `cluster.${opened}`);
  return { id: idOf(world, `cluster.${opened}`) };
}

export const roleBindingActions: KindActions = {
  async create(world, { fields }) {
    const body = {
      principal: principalOf(world, textOf(fields, 'principal')),
      role_name: textOf(fields, 'role'),
      crn_pattern: patternOf(world, textOf(fields, 'on'), textOf(fields, 'resource')),
    };
    return (await world.client.call(routes.createRoleBinding, { params: {}, query: {}, body })).id;
  },
  async delete({ client }: ApplyWorld, { id }: PresentObject) {
    await client.call(routes.deleteRoleBinding, { params: { id }, query: {} });
  },
};

function patternOf(world: ApplyWorld, on: string, resource: string): string {
  const organization = organizationCrn(world.organizationId);
  if (on === 'organization') return organization;
  const [environment = '', cluster] = on.split('/');
  const steps = [{ key: 'environment', value: idOf(world, `environment.${environment}`) }];
  if (cluster !== undefined) {
    const value = idOf(world, clusterAddress(on));
    steps.push({ key: 'cloud-cluster', value });
    if (resource !== '') steps.push({ key: 'kafka', value });
  }
  const equals = resource.indexOf('=');
  const key = resource.slice(0, Math.max(equals, 0)).replace('_', '-');
  if (key !== '' && key !== 'kafka') steps.push({ key, value: resource.slice(equals + 1) });
  return `${organization}/${formatCrnSteps(steps).replaceAll('%2A', '*')}`;
}
