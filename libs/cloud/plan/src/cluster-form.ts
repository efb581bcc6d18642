import type { AVAILABILITIES, CLUSTER_KINDS } from '@weirhouse/cloud-contract';

/** SINGLE_ZONE, LOW, MULTI_ZONE or HIGH. */
export type Availability = (typeof AVAILABILITIES)[number];

/** The cluster types that can be had here. */
export type ClusterKind = Exclude<(typeof CLUSTER_KINDS)[number], 'Freight'>;

/** What decides a cluster's size and where it lies. */
export interface ClusterForm {
  readonly kind: ClusterKind;
  /** As the request wrote it: SINGLE_ZONE and LOW are the same, MULTI_ZONE and HIGH too. */
  readonly availability: Availability;
  /** Undefined for Dedicated, and where nobody set one. */
  readonly maxEcku: number | undefined;
  /** Dedicated only. */
  readonly cku: number | undefined;
  /** Dedicated only; empty = the platform chooses. */
  readonly zones: readonly string[];
  /** Dedicated only. */
  readonly releasePriority: 'REGULAR' | 'PRIORITY' | undefined;
  readonly deletionProtection: boolean;
}

/** What one unit (eCKU or CKU) of a kind gives, and how many of them a cluster may have. */
export interface KindRules {
  readonly unit: 'eCKU' | 'CKU';
  /** Most units of one cluster; what has no `max_ecku` may use them all. */
  readonly unitsMax: number;
  readonly ingressBytesPerSecond: number;
  readonly egressBytesPerSecond: number;
  readonly connections: number;
  readonly partitions: number;
  /** Most partitions, however many units there are. */
  readonly partitionsMax: number;
  /** Undefined = as much as the disks hold. */
  readonly storageBytesMax: number | undefined;
  readonly mayBeProtected: boolean;
}

const MB = 1_000_000;
const TB = 1_000_000 * MB;

/**
 * The kinds as data. Throughput, storage and units are those of the contract's own cloud; connections
 * are this platform's choice, where nothing dependable is published.
 */
export const KIND_RULES: Readonly<Record<ClusterKind, KindRules>> = {
  Basic: {
    unit: 'eCKU',
    unitsMax: 50,
    ingressBytesPerSecond: 5 * MB,
    egressBytesPerSecond: 15 * MB,
    connections: 1_000,
    partitions: 4_096,
    partitionsMax: 4_096,
    storageBytesMax: 5 * TB,
    mayBeProtected: false,
  },
  Standard: {
    unit: 'eCKU',
    unitsMax: 10,
    ingressBytesPerSecond: 25 * MB,
    egressBytesPerSecond: 75 * MB,
    connections: 1_000,
    partitions: 4_096,
    partitionsMax: 4_096,
    storageBytesMax: undefined,
    mayBeProtected: false,
  },
  Enterprise: {
    unit: 'eCKU',
    unitsMax: 10,
    ingressBytesPerSecond: 60 * MB,
    egressBytesPerSecond: 180 * MB,
    connections: 18_000,
    partitions: 5_000,
    partitionsMax: 5_000,
    storageBytesMax: undefined,
    mayBeProtected: true,
  },
  Dedicated: {
    unit: 'CKU',
    unitsMax: 152,
    ingressBytesPerSecond: 60 * MB,
    egressBytesPerSecond: 180 * MB,
    connections: 18_000,
    partitions: 4_500,
    partitionsMax: 100_000,
    storageBytesMax: undefined,
    mayBeProtected: true,
  },
};

/** True for MULTI_ZONE and HIGH. */
export function isMultiZone(availability: Availability): boolean {
  return availability === 'MULTI_ZONE' || availability === 'HIGH';
}

/** Units that a cluster of this form may use at once. */
export function unitsOf(form: Pick<ClusterForm, 'kind' | 'cku' | 'maxEcku'>): number {
  return form.cku ?? form.maxEcku ?? KIND_RULES[form.kind].unitsMax;
}

/** Zones that are simulated where nobody named any. */
const ZONES_BY_DEFAULT = { single: ['a'], multi: ['a', 'b', 'c'] } as const;

/** The zones of a cluster: those that were asked for, or the platform's choice. */
export function zonesOf(form: Pick<ClusterForm, 'availability' | 'zones'>): readonly string[] {
  if (form.zones.length > 0) return form.zones;
  return isMultiZone(form.availability) ? ZONES_BY_DEFAULT.multi : ZONES_BY_DEFAULT.single;
}

/** What a cluster of a form may be used for. */
export interface ClusterLimits {
  readonly units: number;
  readonly unit: KindRules['unit'];
  readonly partitions: number;
  readonly connections: number;
  readonly ingressBytesPerSecond: number;
  readonly egressBytesPerSecond: number;
  /** Undefined = as much as the disks hold. */
  readonly storageBytes: number | undefined;
}

/** What one broker is told to hold itself to; partitions are those of the whole cluster. */
export type BrokerLimits = Pick<
  ClusterLimits,
  'partitions' | 'connections' | 'ingressBytesPerSecond' | 'egressBytesPerSecond' | 'storageBytes'
>;

/** Each broker's part of what the cluster may be used for. */
export function brokerLimitsOf(form: ClusterForm): BrokerLimits {
  const limits = limitsOf(form);
  const { connections, egressBytesPerSecond, ingressBytesPerSecond, partitions } = limits;
  const brokers = brokersOf(form).length;
  const storageBytes = limits.storageBytes && Math.ceil(limits.storageBytes / brokers);
  return {
    partitions,
    connections: Math.ceil(connections / brokers),
    ingressBytesPerSecond: Math.ceil(ingressBytesPerSecond / brokers),
    egressBytesPerSecond: Math.ceil(egressBytesPerSecond / brokers),
    storageBytes,
  };
}

/** What differs between the limits that were found and those that are wanted, in words. */
export function limitDifferences(
  found: Partial<BrokerLimits>,
  wanted: BrokerLimits,
): readonly string[] {
  const names = Object.keys({ ...found, ...wanted }) as (keyof BrokerLimits)[];
  return names.flatMap((name) => {
    const [is, should] = [found[name] ?? 'not limited', wanted[name] ?? 'not limited'];
    return is === should ? [] : [`${name} is ${is}, wanted ${should}`];
  });
}

/** The limits of a form: those of one unit, times the units. */
export function limitsOf(form: ClusterForm): ClusterLimits {
  const rules = KIND_RULES[form.kind];
  const units = unitsOf(form);
  return {
    units,
    unit: rules.unit,
    partitions: Math.min(rules.partitionsMax, rules.partitions * units),
    connections: rules.connections * units,
    ingressBytesPerSecond: rules.ingressBytesPerSecond * units,
    egressBytesPerSecond: rules.egressBytesPerSecond * units,
    storageBytes: rules.storageBytesMax,
  };
}

/**
 * The brokers of a form. One, whatever the size: records are not replicated yet, so a second broker
 * would only be a second thing that can take partitions away. Zones beyond the first stay empty.
 */
export function brokersOf(form: Pick<ClusterForm, 'availability' | 'zones'>): readonly {
  readonly nodeId: number;
  readonly zone: string;
}[] {
  const [zone = ''] = zonesOf(form);
  return [{ nodeId: 1, zone }];
}
