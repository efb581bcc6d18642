import { routes } from '@weirhouse/cloud-contract';
import { addressOf, namesOf, type Fields } from '@weirhouse/cloud-plan';
import { idOf, principalIdOf, textOf, type ApplyWorld, type KindActions } from './actions.ts';

export const quotaActions: KindActions = {
  async create(world, { address, fields }) {
    const [environment = '', cluster = '', display_name = ''] = namesOf(address);
    const spec = {
      display_name,
      ...specOf(world, fields),
      cluster: { id: idOf(world, addressOf('cluster', environment, cluster)) },
      environment: { id: idOf(world, addressOf('environment', environment)) },
    };
    const request = { params: {}, query: {}, body: { spec } };
    return (await world.client.call(routes.createClientQuota, request)).id;
  },
  async update(world, { fields, id }) {
    const body = { spec: specOf(world, fields) };
    await world.client.call(routes.updateClientQuota, { params: { id }, query: {}, body });
  },
  async delete({ client }, { id }) {
    await client.call(routes.deleteClientQuota, { params: { id }, query: {} });
  },
};

function specOf(world: ApplyWorld, fields: Fields) {
  const { egress_byte_rate, ingress_byte_rate, principals } = fields;
  const names = Array.isArray(principals) ? (principals as readonly string[]) : [];
  return {
    description: textOf(fields, 'description'),
    throughput: {
      ingress_byte_rate: String(Number(ingress_byte_rate)),
      egress_byte_rate: String(Number(egress_byte_rate)),
    },
    principals: names.map((name) => ({ id: principalIdOf(world, name) })),
  };
}
