import { expect, test } from 'vitest';
import { systemClock, systemRandom } from '../ports.ts';
import { TEST_MASTER_KEY } from '../testing/test-app.ts';
import { LOCAL_REGIONS, parseRegions, RegionCatalogue, regionId } from './region-catalogue.ts';

const PORTS = { clock: systemClock, random: systemRandom, masterKey: TEST_MASTER_KEY };

test('regions are read from one line, with or without a name to show and zones', () => {
  expect(parseRegions('aws/dc-1=Berlin:room-1,room-2; GCP/dc-2 ;')).toEqual([
    { cloud: 'AWS', name: 'dc-1', displayName: 'Berlin', zones: ['room-1', 'room-2'] },
    { cloud: 'GCP', name: 'dc-2', displayName: 'dc-2', zones: ['dc-2-a'] },
  ]);
});

test.each([
  '',
  ';',
  'IBM/x',
  'AWS',
  'AWS/',
  'AWS/a b',
  'AWS/a:b,,c',
  'AWS/a:b,c,d,e',
  'AWS/a;aws/a',
])('a line like "%s" is refused by name of the setting', (text) => {
  expect(() => parseRegions(text)).toThrow(/WEIRHOUSE_REGIONS/u);
});

test('a region that is not in the catalogue is refused, naming those that are', () => {
  const regions = parseRegions('GCP/b;AWS/a');
  const catalogue = new RegionCatalogue({ ...PORTS, regions });
  expect(catalogue.list().map((region) => regionId(region))).toEqual(['aws.a', 'gcp.b']);
  expect(catalogue.require('GCP', 'b')).toBe(regions[0]);
  expect(() => catalogue.require('AWS', 'b')).toThrow(
    expect.objectContaining({
      field: '/spec/region',
      message: 'There is no region b of AWS: choose a of AWS, b of GCP.',
    }),
  );
});

test('without a setting there is this machine', () => {
  expect(new RegionCatalogue(PORTS).list()).toEqual(LOCAL_REGIONS);
});
