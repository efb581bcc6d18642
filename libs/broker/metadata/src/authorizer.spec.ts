import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Acl,
  AclOperation,
  AclPatternType,
  AclPermission,
  AclResourceType,
} from './acl-model.ts';
import { Authorizer, REMEMBERED_DECISIONS_MAX, type Subject } from './authorizer.ts';
import { AclsImage } from './image/acls-image.ts';

const { TOPIC, GROUP } = AclResourceType;
const agent: Subject = { principal: 'User:agent', host: '10.0.0.1' };

let nextId = 0;

function aclOf(change: Partial<Acl> = {}): Acl {
  nextId += 1;
  return {
    id: `id-${nextId}`,
    resourceType: TOPIC,
    resourceName: 'orders',
    patternType: AclPatternType.LITERAL,
    principal: 'User:agent',
    host: '*',
    operation: AclOperation.READ,
    permissionType: AclPermission.ALLOW,
    origin: null,
    ...change,
  };
}

const deny = { permissionType: AclPermission.DENY };
const prefixed = { patternType: AclPatternType.PREFIXED };

function authorizerOf(acls: readonly Acl[], allowIfNoAcl = false): Authorizer {
  const image = new AclsImage();
  for (const acl of acls) image.add(acl);
  return new Authorizer({ acls: image, superUsers: new Set(['User:root']), allowIfNoAcl });
}

function mayRead(acls: readonly Acl[], name = 'orders', subject = agent): boolean {
  return authorizerOf(acls).authorize(subject, AclOperation.READ, TOPIC, name);
}

describe('an Authorizer', () => {
  it('refuses what no ACL allows', () => {
    expect(mayRead([])).toBe(false);
  });

  it('allows a super user everything, even what is denied', () => {
    const root = { principal: 'User:root', host: '10.0.0.1' };
    expect(mayRead([aclOf({ ...deny, principal: 'User:*' })], 'orders', root)).toBe(true);
  });

  it.each<[string, Partial<Acl>, boolean]>([
    ['the literal name', {}, true],
    ['another literal name', { resourceName: 'order' }, false],
    ['every name', { resourceName: '*' }, true],
    ['a prefix', { ...prefixed, resourceName: 'ord' }, true],
    ['the whole name as a prefix', { ...prefixed, resourceName: 'orders' }, true],
    ['a longer prefix', { ...prefixed, resourceName: 'orders-' }, false],
    ['a prefix that is a star', { ...prefixed, resourceName: '*' }, false],
    ['another resource type', { resourceType: GROUP }, false],
    ['every user', { principal: 'User:*' }, true],
    ['another user', { principal: 'User:robot' }, false],
    ['this host', { host: '10.0.0.1' }, true],
    ['another host', { host: '10.0.0.2' }, false],
    ['all operations', { operation: AclOperation.ALL }, true],
    ['another operation', { operation: AclOperation.WRITE }, false],
  ])('answers an ACL for %s', (_, change, expected) => {
    expect(mayRead([aclOf(change)])).toBe(expected);
  });

  it('lets a DENY win over any ALLOW', () => {
    const wide = { ...deny, ...prefixed, resourceName: 'o', principal: 'User:*' };
    expect(mayRead([aclOf(), aclOf(wide)])).toBe(false);
  });

  it.each([
    [AclOperation.READ, AclOperation.DESCRIBE],
    [AclOperation.WRITE, AclOperation.DESCRIBE],
    [AclOperation.DELETE, AclOperation.DESCRIBE],
    [AclOperation.ALTER, AclOperation.DESCRIBE],
    [AclOperation.ALTER_CONFIGS, AclOperation.DESCRIBE_CONFIGS],
  ])('takes operation %i for including %i, but only when allowed', (operation, implied) => {
    const allowed = authorizerOf([aclOf({ operation })]);
    expect(allowed.authorize(agent, implied, TOPIC, 'orders')).toBe(true);
    const all = aclOf({ operation: AclOperation.ALL });
    const partly = authorizerOf([all, aclOf({ operation, ...deny })]);
    expect(partly.authorize(agent, implied, TOPIC, 'orders')).toBe(true);
    expect(partly.authorize(agent, operation, TOPIC, 'orders')).toBe(false);
  });

  it('opens only resources without any ACL when everyone is allowed by default', () => {
    const authorizer = authorizerOf([aclOf({ principal: 'User:robot' })], true);
    expect(authorizer.authorize(agent, AclOperation.READ, TOPIC, 'free')).toBe(true);
    expect(authorizer.authorize(agent, AclOperation.READ, TOPIC, 'orders')).toBe(false);
  });

  it('forgets its decisions when an ACL comes or goes', () => {
    const image = new AclsImage();
    const authorizer = new Authorizer({ acls: image, superUsers: new Set(), allowIfNoAcl: false });
    const ask = (): boolean => authorizer.authorize(agent, AclOperation.READ, TOPIC, 'orders');
    const acl = aclOf();
    expect(ask()).toBe(false);
    image.add(acl);
    expect(ask()).toBe(true);
    image.remove(acl.id);
    expect(ask()).toBe(false);
  });

  it('goes on deciding right when it has forgotten because of too many decisions', () => {
    const authorizer = authorizerOf([aclOf({ ...prefixed, resourceName: 'a-' })]);
    let wrong = 0;
    for (let i = 0; i < REMEMBERED_DECISIONS_MAX + 10; i++) {
      const name = `${i % 2 === 0 ? 'a' : 'b'}-${i}`;
      const allowed = authorizer.authorize(agent, AclOperation.READ, TOPIC, name);
      if (allowed !== (i % 2 === 0)) wrong += 1;
    }
    expect(wrong).toBe(0);
  });
});

function mayWriteSomewhere(acls: readonly Acl[], allowIfNoAcl = false): boolean {
  const authorizer = authorizerOf(acls, allowIfNoAcl);
  return authorizer.authorizeByResourceType(agent, AclOperation.WRITE, TOPIC);
}

describe('authorizing by resource type', () => {
  const write = { operation: AclOperation.WRITE };

  it.each<[string, readonly Partial<Acl>[], boolean]>([
    ['nothing', [], false],
    ['one topic', [write], true],
    ['another operation', [{}], false],
    ['another type', [{ ...write, resourceType: GROUP }], false],
    ['one topic that is also denied', [write, { ...write, ...deny }], false],
    [
      'a topic under a denied prefix',
      [write, { ...write, ...deny, ...prefixed, resourceName: 'or' }],
      false,
    ],
    [
      'a prefix that a denied literal cannot cover',
      [
        { ...write, ...prefixed },
        { ...write, ...deny },
      ],
      true,
    ],
    [
      'every topic but those under a prefix',
      [
        { ...write, resourceName: '*' },
        { ...write, ...deny, ...prefixed, resourceName: 'o' },
      ],
      true,
    ],
    ['one topic while all are denied', [write, { ...write, ...deny, resourceName: '*' }], false],
  ])('answers for %s', (_, changes, expected) => {
    expect(mayWriteSomewhere(changes.map((change) => aclOf(change)))).toBe(expected);
  });

  it('counts resources without ACLs when everyone is allowed by default', () => {
    expect(mayWriteSomewhere([aclOf({ ...write, ...deny })], true)).toBe(true);
    expect(mayWriteSomewhere([aclOf({ ...write, ...deny, resourceName: '*' })], true)).toBe(false);
  });
});

/** The rules written as plainly as possible: look at every ACL. */
function naive(
  acls: readonly Acl[],
  question: { subject: Subject; operation: number; type: number; name: string; open: boolean },
): boolean {
  const { subject, operation, type, name, open } = question;
  const ofResource = acls.filter((acl) => {
    if (acl.resourceType !== type) return false;
    if (acl.patternType === AclPatternType.PREFIXED) return name.startsWith(acl.resourceName);
    return acl.resourceName === '*' || acl.resourceName === name;
  });
  const matching = ofResource.filter((acl) => {
    if (acl.principal !== subject.principal && acl.principal !== 'User:*') return false;
    if (acl.host !== subject.host && acl.host !== '*') return false;
    if (acl.operation === AclOperation.ALL || acl.operation === operation) return true;
    if (acl.permissionType === AclPermission.DENY) return false;
    const implied: readonly number[] =
      operation === AclOperation.DESCRIBE
        ? [AclOperation.READ, AclOperation.WRITE, AclOperation.DELETE, AclOperation.ALTER]
        : operation === AclOperation.DESCRIBE_CONFIGS
          ? [AclOperation.ALTER_CONFIGS]
          : [];
    return implied.includes(acl.operation);
  });
  if (matching.some((acl) => acl.permissionType === AclPermission.DENY)) return false;
  return matching.length > 0 || (open && ofResource.length === 0);
}

describe('an Authorizer against a plain model', () => {
  const names = fc.constantFrom('a', 'ab', 'abc', 'b', '*');
  const operations = fc.constantFrom<AclOperation[]>(2, 3, 4, 6, 7, 8, 10, 11);
  const subjects = fc.record({
    principal: fc.constantFrom('User:agent', 'User:robot'),
    host: fc.constantFrom('h1', 'h2'),
  });
  const acls = fc.record({
    resourceType: fc.constantFrom(TOPIC, GROUP),
    resourceName: names,
    patternType: fc.constantFrom(AclPatternType.LITERAL, AclPatternType.PREFIXED),
    principal: fc.constantFrom('User:agent', 'User:robot', 'User:*'),
    host: fc.constantFrom('h1', 'h2', '*'),
    operation: operations,
    permissionType: fc.constantFrom(AclPermission.ALLOW, AclPermission.ALLOW, AclPermission.DENY),
  });
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('add' as const), acl: acls }),
      fc.record({ do: fc.constant('remove' as const), which: fc.nat(20) }),
      fc.record({
        do: fc.constant('ask' as const),
        subject: subjects,
        operation: operations,
        name: names,
      }),
    ),
    { maxLength: 60 },
  );

  it('always decides alike, whatever comes, goes and is remembered', () => {
    const agrees = fc.property(steps, fc.boolean(), (script, open) => {
      const image = new AclsImage();
      const authorizer = new Authorizer({ acls: image, superUsers: new Set(), allowIfNoAcl: open });
      const present: Acl[] = [];
      return script.every((step) => {
        if (step.do === 'add') {
          const acl = aclOf(step.acl);
          present.push(acl);
          image.add(acl);
        } else if (step.do === 'remove') {
          const [removed] = present.splice(step.which, 1);
          if (removed !== undefined) image.remove(removed.id);
        } else {
          const { subject, operation, name } = step;
          const expected = naive(present, { subject, operation, type: TOPIC, name, open });
          return authorizer.authorize(subject, operation, TOPIC, name) === expected;
        }
        return true;
      });
    });
    expect(() => fc.assert(agrees, { seed: 7, numRuns: 1000 })).not.toThrow();
  });

  it('finds a writable resource whenever some name is writable', () => {
    // Every name that can tell the ACLs above apart, and some that only wildcards and prefixes reach.
    const probes = ['a', 'ab', 'abc', 'b', 'abd', 'bb', 'zz', '*', '*x'];
    const operation = AclOperation.WRITE;
    const agrees = fc.property(fc.array(acls, { maxLength: 12 }), subjects, (rules, subject) => {
      const present = rules.map((rule) => aclOf(rule));
      const somewhere = probes.some((name) =>
        naive(present, { subject, operation, type: TOPIC, name, open: false }),
      );
      const answer = authorizerOf(present).authorizeByResourceType(subject, operation, TOPIC);
      // Two DENYs that cover an ALLOW only together are not noticed, as in Kafka.
      const denies = present.filter((acl) => acl.permissionType === AclPermission.DENY).length;
      return answer === somewhere || (answer && denies > 1);
    });
    expect(() => fc.assert(agrees, { seed: 8, numRuns: 2000 })).not.toThrow();
  });
});
