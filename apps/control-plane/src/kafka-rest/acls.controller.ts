import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { AclBinding } from '@weirhouse/kafka-client';
import type { OpContext } from '../auth/op-context.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { bindingOf, filterOf, presentAcl } from './acls.presenter.ts';
import { KafkaGateway } from './kafka-gateway.ts';

/** kafka/v3 ACLs. The broker keeps those that roles mean to itself: nobody but the platform names their origin. */
@Controller()
export class AclsController {
  constructor(private readonly gateway: KafkaGateway) {}

  @Implements(routes.listAcls)
  async list(
    @Context() ctx: OpContext,
    @Input() { params, query }: RouteInput<typeof routes.listAcls>,
  ): Promise<RouteOutput<typeof routes.listAcls>> {
    const filter = filterOf(query);
    return this.gateway.read(ctx, params.cluster_id, async ({ client, links }) => {
      const acls = await client.describeAcls(filter);
      return {
        kind: 'KafkaAclList',
        metadata: links.list('/acls'),
        data: acls.map((acl) => presentAcl(links, acl)),
      };
    });
  }

  @Implements(routes.createAcl)
  async create(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<typeof routes.createAcl>,
  ): Promise<undefined> {
    await this.#create(ctx, params.cluster_id, [bindingOf(body)]);
  }

  @Implements(routes.createAcls)
  async createBatch(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<typeof routes.createAcls>,
  ): Promise<undefined> {
    await this.#create(ctx, params.cluster_id, body.data.map(bindingOf));
  }

  @Implements(routes.deleteAcls)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params, query }: RouteInput<typeof routes.deleteAcls>,
  ): Promise<RouteOutput<typeof routes.deleteAcls>> {
    const filter = filterOf(query);
    const change = { action: 'kafka.DeleteAcls', tail: '' };
    return this.gateway.change(ctx, params.cluster_id, change, async ({ client, links }) => {
      const deleted = await client.deleteAcls([filter]);
      return { data: deleted.map((acl) => presentAcl(links, acl)) };
    });
  }

  async #create(ctx: OpContext, clusterId: string, bindings: readonly AclBinding[]): Promise<void> {
    const change = { action: 'kafka.CreateAcls', tail: '' };
    await this.gateway.change(ctx, clusterId, change, async ({ client }) => {
      const outcomes = await client.createAcls(bindings);
      const failure = outcomes.find((outcome) => outcome !== undefined);
      if (failure) throw failure;
    });
  }
}
