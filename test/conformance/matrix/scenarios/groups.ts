import { waitFor } from '@weirhouse/testing-harness';
import { expect } from 'vitest';
import type { Driver } from '../driver.ts';
import type { GroupStart, MemberState } from '../operations.ts';
import { someRecords, valuesOf, type Scenarios } from '../scenario.ts';
import type { Stage } from '../stage.ts';

/** Rebalances and lost sessions take seconds in some clients. */
const SETTLE_MS = 35_000;

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
    expect((await state(first)).revoked.toSorted()).toEqual(taken);
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
    const revokedBefore = (await state(second)).revoked;
    first.kill('SIGKILL');
    const again = stage.another();
    await start(again, `${group}-a`);
    expect(await assigned(again, 2)).toEqual(before);
    const now = await state(second);
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
      const wanted = valuesOf(records).toSorted();
      const values = async (): Promise<readonly string[]> =>
        (await client.call('member-state', { member })).values.toSorted();
      await waitFor(
        `${wanted.length} values`,
        async () => (await values()).length >= wanted.length,
        SETTLE_MS,
      );
      expect(await values()).toEqual(wanted);
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
        member: 'member',
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
  return waitFor(
    `${count} partitions`,
    async () => {
      const { assigned: held } = await state(driver);
      return held.length === count ? held : undefined;
    },
    SETTLE_MS,
  );
}

async function state(driver: Driver): Promise<MemberState> {
  const now = await driver.call('member-state', { member: 'member' });
  if (now.error !== undefined) throw new Error(`a member failed: ${now.error}`);
  return now;
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
  await waitFor(
    'all values at the survivor',
    async () => new Set((await state(second)).values).size === records.length,
    SETTLE_MS,
  );
}
