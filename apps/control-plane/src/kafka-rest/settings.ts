import type { RouteInput, routes } from '@weirhouse/cloud-contract';
import type {
  AdminClient,
  ConfigChange,
  ConfigEntry,
  ConfigResource,
} from '@weirhouse/kafka-client';
import type { OpContext } from '../auth/op-context.ts';
import { badRequest, notFound } from './kafka-failures.ts';
import type { KafkaGateway, KafkaPlace } from './kafka-gateway.ts';

/** What is to be changed of settings. */
export type Alteration = RouteInput<typeof routes.alterTopicConfigs>['body'];

/** Changes settings, all or none; what is only checked is noted nowhere. */
export async function alterSettings(
  gateway: KafkaGateway,
  ctx: OpContext,
  request: {
    readonly clusterId: string;
    readonly resource: ConfigResource;
    readonly alteration: Alteration;
  },
): Promise<void> {
  const { alteration, clusterId, resource } = request;
  const changes = changesOf(alteration);
  const validateOnly = alteration.validate_only ?? false;
  const work = async ({ client }: KafkaPlace): Promise<void> => {
    if (resource.type === 'broker' && resource.name !== '') await requireBroker(client, resource);
    await client.alterConfigs(resource, { changes, validateOnly });
  };
  const change = { action: 'kafka.IncrementalAlterConfigs', tail: tailOf(resource) };
  await (validateOnly
    ? gateway.read(ctx, clusterId, work)
    : gateway.change(ctx, clusterId, change, work));
}

/** A broker of which nothing is known has no settings, whatever another one says of it. */
async function requireBroker(client: AdminClient, { name }: ConfigResource): Promise<void> {
  const { brokers } = await client.metadata([]);
  if (!brokers.some(({ nodeId }) => String(nodeId) === name)) throw notFound(`Broker ${name}`);
}

function tailOf({ name, type }: ConfigResource): string {
  if (type === 'topic') return `/topic=${name}`;
  return name === '' ? '' : `/broker=${name}`;
}

function changesOf({ data }: Alteration): readonly ConfigChange[] {
  return data.map(({ name, operation, value }) => {
    if (operation === 'DELETE') return { name, value: undefined };
    if (value === undefined || value === null)
      throw badRequest(
        `Setting ${name} needs a value; operation DELETE sets it back to its default.`,
      );
    return { name, value };
  });
}

/** The settings of one resource, sorted by name; throws what the broker says of it. */
export async function describeSettings(
  client: AdminClient,
  resource: ConfigResource,
  names?: readonly string[],
): Promise<readonly ConfigEntry[]> {
  const [described] = await client.describeConfigs([resource], names);
  if (!described) throw notFound(`${resource.type} ${resource.name}`);
  if (described.error) throw described.error;
  return described.configs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
