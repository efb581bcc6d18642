import { Inject, Injectable } from '@nestjs/common';
import { CLOUDS } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { PORTS, type ServicePorts } from '../ports.ts';

/** Where clusters can be made: a site of one's own under the name of a cloud that clients accept. */
export interface Region {
  readonly cloud: (typeof CLOUDS)[number];
  readonly name: string;
  readonly displayName: string;
  /** Names of the zones that a cluster is spread over. */
  readonly zones: readonly string[];
}

/** What there is without a setting: this machine. */
export const LOCAL_REGIONS: readonly Region[] = [
  {
    cloud: 'AWS',
    name: 'local',
    displayName: 'This machine',
    zones: ['local-a', 'local-b', 'local-c'],
  },
];

/** Regions of a setting at most: the catalogue is looked through, not queried. */
const REGIONS_MAX = 100;
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/u;

/** The regions that the operator offers. */
@Injectable()
export class RegionCatalogue {
  readonly #regions: readonly Region[];

  constructor(@Inject(PORTS) ports: ServicePorts) {
    this.#regions = ports.regions ?? LOCAL_REGIONS;
  }

  /** In order of their ids. */
  list(): readonly Region[] {
    return this.#regions.toSorted((a, b) => (regionId(a) < regionId(b) ? -1 : 1));
  }

  /** Throws `invalid_argument`, naming what can be had. */
  require(cloud: string, name: string): Region {
    const region = this.#regions.find((one) => one.cloud === cloud && one.name === name);
    if (region !== undefined) return region;
    const offered = this.list().map((one) => `${one.name} of ${one.cloud}`);
    throw new AppError(
      'invalid_argument',
      `There is no region ${name} of ${cloud}: choose ${offered.join(', ')}.`,
      { field: '/spec/region' },
    );
  }
}

/** `aws.local`, as clients write a region in one word. */
export function regionId({ cloud, name }: Region): string {
  return `${cloud.toLowerCase()}.${name}`;
}

/**
 * Reads `CLOUD/name[=display name][:zone,zone,zone]`, several with semicolons between them. Throws
 * `invalid_argument`.
 */
export function parseRegions(text: string): readonly Region[] {
  const parts = text.split(';').filter((part) => part.trim() !== '');
  if (parts.length === 0 || parts.length > REGIONS_MAX)
    throw malformed(`name 1 to ${REGIONS_MAX} regions`);
  const regions = parts.map((part) => parseRegion(part.trim()));
  const ids = new Set(regions.map((region) => regionId(region)));
  if (ids.size < regions.length) throw malformed('no region may be named twice');
  return regions;
}

function parseRegion(text: string): Region {
  const [head = '', zoneList] = text.split(':', 2);
  const [place = '', displayName] = head.split('=', 2);
  const [cloudName = '', name = ''] = place.split('/', 2);
  const cloud = CLOUDS.find((one) => one === cloudName.trim().toUpperCase());
  if (cloud === undefined) throw malformed(`"${text}" must start with ${CLOUDS.join(', ')}`);
  if (!NAME.test(name.trim())) throw malformed(`"${text}" must look like AWS/name`);
  const region = name.trim();
  const zones = zoneList?.split(',').map((zone) => zone.trim()) ?? [`${region}-a`];
  if (zones.length > 3 || !zones.every((zone) => NAME.test(zone)))
    throw malformed(`"${text}" must name one to three zones after the colon`);
  return { cloud, name: region, displayName: displayName?.trim() ?? region, zones };
}

function malformed(reason: string): AppError {
  return new AppError(
    'invalid_argument',
    `WEIRHOUSE_REGIONS is not valid: ${reason}. Write AWS/name=Display name:zone-a,zone-b;...`,
    { field: 'WEIRHOUSE_REGIONS' },
  );
}
