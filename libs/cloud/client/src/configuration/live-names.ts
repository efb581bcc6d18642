import { findCrnParts, findCrnValue } from '@weirhouse/cloud-contract';
import { placeText, type LiveObject } from '@weirhouse/cloud-plan';

/** Where a cluster is, by names and by ids. */
export interface ClusterName {
  readonly id: string;
  readonly environmentId: string;
  readonly names: readonly [environment: string, cluster: string];
  /** Whether its inside can be asked: it was provisioned. */
  readonly isReady: boolean;
}

/** What was read so far: ids to names, and the objects. */
export class LiveNames {
  readonly environments = new Map<string, string>();
  readonly clusters = new Map<string, ClusterName>();
  readonly accounts = new Map<string, string>();
  readonly #objects = new Map<string, LiveObject>();
  readonly #ambiguous = new Set<string>();
  /** What a file cannot say, a sentence each. */
  readonly remarks: string[] = [];

  /** Two things of one name have no address. */
  add(object: LiveObject): void {
    if (this.#objects.has(object.address)) this.#ambiguous.add(object.address);
    this.#objects.set(object.address, object);
  }

  /** Addresses that more than one thing has. */
  get ambiguous(): ReadonlySet<string> {
    return this.#ambiguous;
  }

  get objects(): readonly LiveObject[] {
    return [...this.#objects.values()].filter(
      ({ address, needs }) => ![address, ...needs].some((one) => this.#ambiguous.has(one)),
    );
  }

  /** An account's name, another principal's id, `*`; undefined for what a file cannot name. */
  findPrincipal(principal: string): string | undefined {
    if (!principal.startsWith('User:')) return undefined;
    const id = principal.slice('User:'.length);
    const name = this.accounts.get(id);
    if (name !== undefined || id === '*') return name ?? id;
    return /^(?:sa|u|pool)-[a-z0-9]+$/u.test(id) ? id : undefined;
  }

  /** The address-forming parts of a CRN pattern; undefined for what a file cannot name. */
  findPlace(
    crn: string,
  ):
    | { readonly on: string; readonly resource: string; readonly needs: readonly string[] }
    | undefined {
    const parts = findCrnParts(crn) ?? [];
    const keys = parts.map(({ key }) => key);
    const environmentId = findCrnValue(parts, 'environment');
    const clusterId = findCrnValue(parts, 'cloud-cluster');
    if (clusterId !== undefined) {
      const cluster = this.clusters.get(clusterId);
      const last = parts.at(-1);
      if (cluster === undefined || last === undefined) return undefined;
      const on = placeText(...cluster.names);
      const needs = [`cluster.${on}`, `environment.${placeText(cluster.names[0])}`];
      if (keys.at(-1) === 'cloud-cluster') return { on, needs, resource: '' };
      if (keys.at(-1) === 'kafka') return { on, needs, resource: 'kafka=true' };
      const name = { topic: 'topic', group: 'group', 'transactional-id': 'transactional_id' }[
        last.key
      ];
      return name === undefined ? undefined : { on, needs, resource: `${name}=${last.value}` };
    }
    if (environmentId === undefined)
      return keys.join('/') === 'organization'
        ? { on: 'organization', resource: '', needs: [] }
        : undefined;
    const name = this.environments.get(environmentId);
    if (name === undefined || keys.at(-1) !== 'environment') return undefined;
    const on = placeText(name);
    return { on, resource: '', needs: [`environment.${on}`] };
  }
}
