import type { ApiAddress } from '../http/api-address.ts';

/** A step below a cluster: the path's words and the CRN's. */
type Step = readonly [collection: string, id: string | number];

/** CRN keys of collections that have another name there. */
const CRN_KEYS: Readonly<Record<string, string>> = {
  topics: 'topic',
  configs: 'config',
  'default-configs': 'default-config',
  partitions: 'partition',
  replicas: 'replica',
  brokers: 'broker',
  'broker-configs': 'broker-config',
  'consumer-groups': 'consumer-group',
  consumers: 'consumer',
  assignments: 'assignment',
  lags: 'lag',
};

/** Links and CRNs of what a cluster holds. */
export class KafkaLinks {
  readonly clusterId: string;
  readonly #base: string;

  constructor(address: ApiAddress, clusterId: string) {
    this.clusterId = clusterId;
    this.#base = address.link(`/kafka/v3/clusters/${encodeURIComponent(clusterId)}`);
  }

  /** A list's metadata; `path` is below the cluster and starts with a slash. */
  list(path: string): { readonly self: string; readonly next: null } {
    return { self: `${this.#base}${path}`, next: null };
  }

  /** A link below the cluster. */
  related(path: string): { readonly related: string } {
    return { related: `${this.#base}${path}` };
  }

  /** The metadata of the object that the steps lead to; none = the cluster. */
  object(...steps: readonly Step[]): { readonly self: string; readonly resource_name: string } {
    const path = steps.map(([name, id]) => `/${name}/${encodeURIComponent(id)}`).join('');
    const crn = steps.map(([name, id]) => `/${CRN_KEYS[name] ?? name}=${encodeURIComponent(id)}`);
    return {
      self: `${this.#base}${path}`,
      resource_name: `crn:///kafka=${this.clusterId}${crn.join('')}`,
    };
  }
}
