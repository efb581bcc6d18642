import { expect } from 'vitest';
import type { Driver } from '../driver.ts';
import { memberWith } from '../members.ts';
import type { GroupStart } from '../operations.ts';
import { someRecords, valuesOf, type Scenarios } from '../scenario.ts';
import type { Stage } from '../stage.ts';

/** Where a process has one member only. */
const MEMBER = 'member';

/** Classic members that heartbeat no longer are dropped after this; the broker under test allows it. */
const SESSION_MS = 6000;

/** A static member has so long to come back: a JVM on a busy machine needs some seconds. */
const STATIC_SESSION_MS = 30_000;

export const groupScenarios: Scenarios<
  'group-classic' | 'group-cooperative' | 'group-static' | 'group-consumer' | 'group-continues'
> = {
  'group-classic': (stage) => expectTakeover(stage, { protocol: 'classic', assignor: 'range' }),
  'group-consumer': (stage) => expectTakeover(stage, { protocol: 'consumer' }),
  'group-cooperative': async (stage) => {
    const { topic, first, second, start } = await twoMembers(stage, {
      protocol: 'classic',
      assignor: 'cooperative-sticky',
    });
    await start(first);
    const before = await assigned(first, 4);
    await start(second);
    const taken = await assigned(second, 2);
    const kept = await assigned(first, 2);
    expect([...taken, ...kept].toSorted()).toEqual(before);
    expect((await revokedOf(first)).toSorted()).toEqual(taken);
    expect(before).toEqual([0, 1, 2, 3].map((partition) => `${topic}-${partition}`));
  },
  'group-static': async (stage) => {
    const { first, second, group, start } = await twoMembers(stage, {
      protocol: 'classic',
      assignor: 'range',
    });
    await Promise.all([start(first, `${group}-a`), start(second, `${group}-b`)]);
    const before = await assigned(first, 2);
    const others = await assigned(second, 2);
    const revokedBefore = await revokedOf(second);
    first.kill('SIGKILL');
    const again = stage.another();
    await start(again, `${group}-a`);
    expect(await assigned(again, 2)).toEqual(before);
    const now = await second.call('member-state', { member: MEMBER });
    expect({ assigned: now.assigned, revoked: now.revoked }).toEqual({
      assigned: others,
      revoked: revokedBefore,
    });
  },
  'group-continues': async ({ client, checker, topic: newTopic, name }) => {
    const [topic, group] = [await newTopic(3), name()];
    const read = async (member: string, records: readonly { value: string | null }[]) => {
      await client.call('member-start', {
        member,
        group,
        topics: [topic],
        protocol: 'classic',
        sessionTimeoutMs: SESSION_MS,
      });
      const { values } = await memberWith(`${records.length} values`, {
        driver: client,
        member,
        until: (state) => state.values.length >= records.length,
      });
      expect(values.toSorted()).toEqual(valuesOf(records).toSorted());
      await client.call('member-stop', { member });
    };
    const [before, after] = [someRecords(60, 'before'), someRecords(40, 'after')];
    await checker.call('produce', { topic, records: before });
    await read(`${group}-first`, before);
    await checker.call('produce', { topic, records: after });
    await read(`${group}-second`, after);
  },
};

interface Kind {
  readonly protocol: GroupStart['protocol'];
  readonly assignor?: GroupStart['assignor'];
}

/** Two processes of the client that will be members of one group on a topic of four partitions. */
async function twoMembers(stage: Stage, kind: Kind) {
  const [topic, group] = [await stage.topic(4), stage.name()];
  return {
    topic,
    group,
    first: stage.another(),
    second: stage.another(),
    start: (driver: Driver, instanceId?: string) =>
      driver.call('member-start', {
        member: MEMBER,
        group,
        topics: [topic],
        sessionTimeoutMs: instanceId === undefined ? SESSION_MS : STATIC_SESSION_MS,
        protocol: kind.protocol,
        ...(kind.assignor !== undefined && { assignor: kind.assignor }),
        ...(instanceId !== undefined && { instanceId }),
      }),
  };
}

/** Waits until a member holds `count` partitions. */
async function assigned(driver: Driver, count: number): Promise<readonly string[]> {
  const state = await memberWith(`${count} partitions`, {
    driver,
    member: MEMBER,
    until: (now) => now.assigned.length === count,
  });
  return state.assigned;
}

async function revokedOf(driver: Driver): Promise<readonly string[]> {
  return (await driver.call('member-state', { member: MEMBER })).revoked;
}

async function expectTakeover(stage: Stage, kind: Kind): Promise<void> {
  const { topic, first, second, start } = await twoMembers(stage, kind);
  const records = Array.from({ length: 40 }, (_, index) => ({
    value: `value-${index}`,
    partition: index % 4,
  }));
  await Promise.all([start(first), start(second)]);
  const [held, others] = [await assigned(first, 2), await assigned(second, 2)];
  const all = [0, 1, 2, 3].map((partition) => `${topic}-${partition}`);
  expect([...held, ...others].toSorted()).toEqual(all);
  first.kill('SIGKILL');
  expect(await assigned(second, 4)).toEqual(all);
  await stage.checker.call('produce', { topic, records });
  await memberWith('all values at the survivor', {
    driver: second,
    member: MEMBER,
    until: ({ values }) => new Set(values).size === records.length,
  });
}
