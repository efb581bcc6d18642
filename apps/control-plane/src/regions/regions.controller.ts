import { Controller } from '@nestjs/common';
import { cutPage, routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { RegionCatalogue, regionId, type Region } from './region-catalogue.ts';

type Routes = typeof routes;

/** fcpm/v2 regions. */
@Controller()
export class RegionsController {
  constructor(
    private readonly catalogue: RegionCatalogue,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listRegions)
  async list(
    @Context() _: OpContext,
    @Input() { query }: RouteInput<Routes['listRegions']>,
  ): Promise<RouteOutput<Routes['listRegions']>> {
    const { pageSize, after } = pageRequest(query);
    const rows = this.catalogue
      .list()
      .filter(({ cloud }) => query.cloud === undefined || cloud === query.cloud.toUpperCase())
      .filter(({ name }) => query.region_name === undefined || name === query.region_name)
      .filter((region) => after === undefined || regionId(region) > after.id);
    // The catalogue is a setting: its regions have an order, and no time.
    const page = cutPage(rows, pageSize, (row) => ({ createdAtMs: 0, id: regionId(row) }));
    const { address } = this;
    const present = presentList({
      address,
      path: routes.listRegions.path,
      query,
      page,
      present: (row) => presentRegion(row, address),
    });
    return { api_version: 'fcpm/v2', kind: 'RegionList', ...present };
  }
}

/** A region has no address of its own: everything is asked of this API. */
function presentRegion(
  region: Region,
  address: ApiAddress,
): RouteOutput<Routes['listRegions']>['data'][number] {
  const id = regionId(region);
  const query = new URLSearchParams({ cloud: region.cloud, region_name: region.name });
  return {
    api_version: 'fcpm/v2',
    kind: 'Region',
    id,
    metadata: { self: address.link(`${routes.listRegions.path}?${query.toString()}`) },
    cloud: region.cloud,
    region_name: region.name,
    display_name: region.displayName,
    http_endpoint: address.url,
  };
}
