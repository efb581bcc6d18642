import { describe, expect, it } from 'vitest';

import { AclOperation, AclResourceType, type AclRule } from '@weirhouse/broker-metadata';
import { API_INFOS } from '@weirhouse/kafka-protocol';
import { assert } from '@weirhouse/shared-kernel';

import { HANDLERS } from './dispatch.ts';
import {
  AUTHORIZATION_ERRORS,
  GROUP,
  isEnough,
  TOPIC,
  type AccessRow,
  type Grant,
  type Need,
} from './testing/access-row.ts';
import { ACCESS_TABLE, OPEN_APIS } from './testing/access-table.ts';
import { apiCalls } from './testing/api-calls.ts';
import { PLAIN_LISTENER, TestTube } from './testing/test-tube.ts';

const PRINCIPAL = 'User:ANONYMOUS';
const ADMIN_HOST = '10.0.0.1';
const ANY_NAME = '*';
const OPERATIONS = Object.values(AclOperation).filter((operation) => operation > AclOperation.ANY);
const NAMES = new Map(Object.entries(AclOperation).map(([name, id]) => [id as number, name]));
const REFUSALS = new Set<number | undefined>(AUTHORIZATION_ERRORS.values());

function ruleFor(host: string, grant: Grant): AclRule {
  return { ...grant, patternType: 3, principal: PRINCIPAL, host, permissionType: 3 };
}

/** A broker on which one host may do everything, and callers from other hosts what they are granted. */
class AccessWorld {
  readonly #tube: TestTube;
  #cases = 0;

  constructor() {
    const everything = [2, 3, 4, 5].map((resourceType) => {
      const resourceName = resourceType === AclResourceType.CLUSTER ? 'kafka-cluster' : ANY_NAME;
      return ruleFor(ADMIN_HOST, { resourceType, resourceName, operation: AclOperation.ALL });
    });
    const settings = { 'allow.everyone.if.no.acl.found': 'false' };
    this.#tube = new TestTube({ acls: everything, settings });
  }

  /** The error code for a caller with just these rights. */
  ask(row: AccessRow, grants: readonly Grant[]): number | undefined {
    const host = `10.1.${this.#cases >> 8}.${this.#cases++ & 255}`;
    this.#prepare(grants.map((grant) => ruleFor(host, grant)));
    const client = this.#tube.connect(PLAIN_LISTENER, host);
    const errorCode = client.call(row.api, row.version);
    client.disconnect();
    return errorCode;
  }

  /** The topic and the group's coordinator exist, and the rules hold. */
  #prepare(rules: readonly AclRule[]): void {
    const admin = this.#tube.connect(PLAIN_LISTENER, ADMIN_HOST);
    const topic = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    admin.call(apiCalls.createTopics, 5, { topics: [{ name: TOPIC, ...topic }] });
    admin.call(apiCalls.findCoordinator, 1, { key: GROUP });
    const creations = rules.map(({ patternType, ...rule }) => {
      return { ...rule, resourcePatternType: patternType, origin: null };
    });
    const { results } = admin.call(apiCalls.createAcls, 3, { creations });
    for (const { errorCode } of results) assert(errorCode === 0, 'the ACL is made');
    admin.disconnect();
  }
}

/** The rights to everything but `missing`. */
function othersOf({ needs }: AccessRow, missing: Need): Grant[] {
  return needs.filter((need) => need !== missing).flatMap(({ anyOf }) => anyOf.slice(0, 1));
}

const NEEDS = ACCESS_TABLE.flatMap((row) =>
  row.needs.map((need) => {
    const [first] = need.anyOf;
    const type = first?.resourceType;
    const resource = Object.entries(AclResourceType).find(([, id]) => id === type)?.[0] ?? '';
    const operation = NAMES.get(first?.operation ?? 0);
    return { row, need, title: `${row.name} needs ${operation} on ${resource}` };
  }),
);

describe('the table of who may call what', () => {
  it('has every API that is served', () => {
    const listed = new Set([...ACCESS_TABLE.map(({ apiKey }) => apiKey), ...OPEN_APIS.keys()]);
    const missing = [...HANDLERS.keys()].filter((apiKey) => !listed.has(apiKey));
    const names = missing.map((key) => API_INFOS.find(({ apiKey }) => apiKey === key)?.name ?? key);
    expect(
      names,
      `add rows to testing/access-rows-*.ts that say who may call ${names.join(', ')}`,
    ).toEqual([]);
  });

  it('names only APIs that are served, in versions that are served', () => {
    for (const { apiKey, name, version } of ACCESS_TABLE) {
      const handler = HANDLERS.get(apiKey);
      assert(handler !== undefined, `${name} is served`);
      const { maxVersion, minVersion } = handler;
      expect([name, version >= minVersion && version <= maxVersion]).toEqual([name, true]);
    }
    for (const apiKey of OPEN_APIS.keys()) expect(HANDLERS.has(apiKey)).toBe(true);
  });

  it.each(NEEDS)('$title: that operation lets in, and no other', ({ need, row }) => {
    const world = new AccessWorld();
    const others = othersOf(row, need);
    expect(world.ask(row, others)).toBe(need.denied);
    for (const grant of need.anyOf) {
      for (const operation of OPERATIONS) {
        const errorCode = world.ask(row, [...others, { ...grant, operation }]);
        const outcome = REFUSALS.has(errorCode) ? errorCode : 'allowed';
        const isAllowed = need.anyOf.some(
          (each) => each.resourceType === grant.resourceType && isEnough(operation, each),
        );
        const expected = isAllowed ? 'allowed' : need.denied;
        expect([NAMES.get(operation), outcome]).toEqual([NAMES.get(operation), expected]);
      }
    }
  });

  it.each(NEEDS)('$title: a right to another name is none', ({ need, row }) => {
    const world = new AccessWorld();
    for (const grant of need.anyOf) {
      const isByName = grant.resourceType !== AclResourceType.CLUSTER && need.anyOf.length === 1;
      if (!isByName) continue;
      const elsewhere = { ...grant, resourceName: `not-${grant.resourceName}` };
      expect(world.ask(row, [...othersOf(row, need), elsewhere])).toBe(need.denied);
    }
  });
});
