import { describe, expect, it } from 'vitest';
import { restartBackoffMs } from './brokers-work.ts';
import { plan, type Plan } from './plan.ts';
import { compileRoleBindings } from './access/role-acls.ts';
import type { ChangedSetting } from './platform-settings.ts';
import type {
  BrokerState,
  Condition,
  DesiredCluster,
  ObservedBroker,
  ObservedCluster,
} from './world.ts';

const NOW_MS = 1_000_000;
const READY: BrokerState = { kind: 'ready', incarnationId: 'i-1' };
const ACLS = compileRoleBindings(
  [{ principal: 'User:sa-1', roleName: 'OrganizationAdmin', crnPattern: 'crn://w/organization=o' }],
  { organizationId: 'o', environmentId: 'e', clusterId: 'c' },
);

function desired(change: Partial<DesiredCluster> = {}): DesiredCluster {
  return {
    generation: 3,
    settledGeneration: 2,
    deletionRequested: false,
    brokers: [{ nodeId: 1, zone: 'a' }],
    retired: [],
    paused: false,
    maintenance: undefined,
    driftPolicy: 'correct',
    credentials: [],
    acls: [],
    quotas: [],
    topics: [],
    ...change,
  };
}

function broker(state: BrokerState, change: Partial<ObservedBroker> = {}): ObservedBroker {
  return {
    nodeId: 1,
    ports: 'allocated',
    dataPresent: true,
    state,
    settings: 'current',
    limits: { kind: 'current' },
    ...change,
  };
}

function known(changedSettings: readonly ChangedSetting[] = []): ObservedCluster['contents'] {
  return { kind: 'known', credentials: new Map(), acls: [], quotas: [], changedSettings };
}

function observed(change: Partial<ObservedCluster> = {}): ObservedCluster {
  return {
    brokers: [broker(READY)],
    contents: known(),
    conditions: [],
    phase: 'PROVISIONING',
    ...change,
  };
}

function kinds(result: Plan): readonly string[] {
  return result.actions.map((action) => action.kind);
}

function find(result: Plan, type: Condition['type']): Condition {
  const found = result.conditions.find((condition) => condition.type === type);
  if (!found) throw new Error(`no condition ${type}`);
  return found;
}

describe('plan for a cluster that is wanted', () => {
  it('allocates ports and starts a broker that never was', () => {
    const result = plan({ desired: desired(), observed: observed({ brokers: [] }), nowMs: NOW_MS });
    expect(kinds(result)).toEqual(['allocatePorts', 'startBroker']);
    expect(result.phase).toBe('PROVISIONING');
    expect(result.stable).toBe(false);
    expect(result.requeueAfterMs).toBe(0);
  });

  it('moves to another port before the start when somebody else has taken the port', () => {
    const brokers = [broker({ kind: 'absent' }, { ports: 'taken' })];
    const result = plan({ desired: desired(), observed: observed({ brokers }), nowMs: NOW_MS });
    expect(kinds(result)).toEqual(['allocatePorts', 'startBroker']);
  });

  it('keeps the ports of a broker that stopped', () => {
    const brokers = [broker({ kind: 'absent' })];
    const result = plan({ desired: desired(), observed: observed({ brokers }), nowMs: NOW_MS });
    expect(kinds(result)).toEqual(['startBroker']);
  });

  it('waits for a starting broker and says nothing to it meanwhile', () => {
    const result = plan({
      desired: desired({
        credentials: [{ apiKeyId: 'K', generation: 1, deletionRequested: false }],
      }),
      observed: observed({ brokers: [broker({ kind: 'starting' })] }),
      nowMs: NOW_MS,
    });
    expect(result.actions).toEqual([]);
    expect(result.waits).toEqual([{ kind: 'brokerReady', nodeId: 1 }]);
  });

  it('removes dead keys first, then sets rights, then pushes keys, then makes topics', () => {
    const result = plan({
      desired: desired({
        credentials: [
          { apiKeyId: 'NEW', generation: 2, deletionRequested: false },
          { apiKeyId: 'SAME', generation: 1, deletionRequested: false },
          { apiKeyId: 'GONE', generation: 1, deletionRequested: true },
        ],
        acls: ACLS,
        topics: [{ name: 'hello', partitions: 3 }],
      }),
      observed: observed({
        contents: {
          kind: 'known',
          credentials: new Map([
            ['NEW', 1],
            ['SAME', 1],
          ]),
          acls: [],
          quotas: [{ user: 'sa-gone', producerBytesPerSecond: 1, consumerBytesPerSecond: 1 }],
          changedSettings: [{ broker: '', name: 'max.connections' }],
        },
      }),
      nowMs: NOW_MS,
    });
    expect(result.actions).toEqual([
      { kind: 'removeCredential', apiKeyId: 'GONE' },
      { kind: 'resetSettings', settings: [{ broker: '', name: 'max.connections' }] },
      { kind: 'applyAcls', create: ACLS, remove: [] },
      { kind: 'applyQuotas', set: [], remove: ['sa-gone'] },
      { kind: 'pushCredential', apiKeyId: 'NEW', generation: 2 },
      { kind: 'createTopic', name: 'hello', partitions: 3 },
    ]);
  });

  it('is stable and silent when everything is as wanted', () => {
    const result = plan({ desired: desired(), observed: observed(), nowMs: NOW_MS });
    expect(result).toMatchObject({ actions: [], waits: [], stable: true, phase: 'PROVISIONED' });
    expect(result.requeueAfterMs).toBeUndefined();
    expect(find(result, 'Ready').status).toBe('True');
    expect(find(result, 'Progressing').status).toBe('False');
    expect(find(result, 'Stable')).toMatchObject({ status: 'True', observedGeneration: 3 });
  });

  it('is ready but not stable while a key has to be pushed', () => {
    const result = plan({
      desired: desired({
        credentials: [{ apiKeyId: 'K', generation: 1, deletionRequested: false }],
      }),
      observed: observed(),
      nowMs: NOW_MS,
    });
    expect(find(result, 'Ready').status).toBe('True');
    expect(find(result, 'Stable')).toMatchObject({ status: 'False', reason: 'Progressing' });
  });

  it('does nothing inside the cluster when its contents could not be read', () => {
    const result = plan({
      desired: desired({ acls: ACLS }),
      observed: observed({ contents: { kind: 'unknown', reason: 'timeout' } }),
      nowMs: NOW_MS,
    });
    expect(result.actions).toEqual([]);
    expect(result.requeueAfterMs).toBeGreaterThan(0);
    expect(find(result, 'Ready').status).toBe('Unknown');
  });
});

function crashed(restartCount: number, lastExitMs: number, exitCode?: number): ObservedCluster {
  const state = { kind: 'crashed', restartCount, lastExitMs, exitCode } as const;
  return observed({ brokers: [broker(state)] });
}

describe('plan for a broker that crashed', () => {
  it('waits out the back-off, then starts it', () => {
    const early = plan({ desired: desired(), observed: crashed(3, NOW_MS), nowMs: NOW_MS + 1_999 });
    expect(early.actions).toEqual([]);
    expect(early.requeueAfterMs).toBe(1);
    const late = plan({ desired: desired(), observed: crashed(3, NOW_MS), nowMs: NOW_MS + 2_000 });
    expect(kinds(late)).toEqual(['startBroker']);
  });

  it('doubles the pause up to a minute', () => {
    expect([1, 2, 3, 8, 9, 5_000].map(restartBackoffMs)).toEqual([
      500, 1_000, 2_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('keeps a provisioned cluster provisioned and tells the exit code', () => {
    const world = { ...crashed(9, NOW_MS, 4), phase: 'PROVISIONED' } as const;
    const result = plan({ desired: desired(), observed: world, nowMs: NOW_MS });
    expect(result.phase).toBe('PROVISIONED');
    expect(find(result, 'Degraded')).toMatchObject({ status: 'True', reason: 'BrokerCrashed' });
    expect(find(result, 'Degraded').message).toContain('storage failed');
  });

  it('calls a cluster that never worked FAILED after five exits, and recovers', () => {
    const failing = plan({ desired: desired(), observed: crashed(5, NOW_MS), nowMs: NOW_MS });
    expect(failing.phase).toBe('FAILED');
    const back = plan({
      desired: desired(),
      observed: observed({ phase: 'FAILED' }),
      nowMs: NOW_MS,
    });
    expect(back.phase).toBe('PROVISIONED');
  });
});

describe('plan without a sure observation', () => {
  it.each([true, false])('freezes when a broker is unknown (deletion: %s)', (deletionRequested) => {
    const result = plan({
      desired: desired({
        deletionRequested,
        brokers: [
          { nodeId: 1, zone: 'a' },
          { nodeId: 2, zone: 'b' },
        ],
      }),
      observed: observed({
        brokers: [
          broker({ kind: 'absent' }),
          broker({ kind: 'unknown', reason: 'the folder cannot be read' }, { nodeId: 2 }),
        ],
      }),
      nowMs: NOW_MS,
    });
    expect(result.actions).toEqual([]);
    expect(result.stable).toBe(false);
    expect(find(result, 'ObservationLost').status).toBe('True');
  });

  it('leaves an unresponsive broker alone', () => {
    const brokers = [broker({ kind: 'unresponsive' })];
    const result = plan({ desired: desired(), observed: observed({ brokers }), nowMs: NOW_MS });
    expect(result.actions).toEqual([]);
    expect(find(result, 'Ready')).toMatchObject({ status: 'Unknown' });
  });
});

describe('plan for a cluster that has to go', () => {
  const deleting = desired({ deletionRequested: true });

  it('stops one process, removes one folder, and then forgets, one step per pass', () => {
    const second = broker(READY, { nodeId: 2 });
    const steps = [
      [broker(READY), second],
      [broker({ kind: 'absent' }), second],
      [broker({ kind: 'absent' }), { ...second, state: { kind: 'absent' } } as const],
      [broker({ kind: 'absent' }, { dataPresent: false })],
      [],
    ].map((brokers) => plan({ desired: deleting, observed: observed({ brokers }), nowMs: NOW_MS }));
    expect(steps.map((step) => step.actions)).toEqual([
      [{ kind: 'stopBroker', nodeId: 1, why: 'deletion' }],
      [{ kind: 'stopBroker', nodeId: 2, why: 'deletion' }],
      [{ kind: 'removeData', nodeId: 1, why: 'deletion' }],
      [{ kind: 'forget' }],
      [{ kind: 'forget' }],
    ]);
  });

  it('stops an unresponsive broker: its process is known', () => {
    const brokers = [broker({ kind: 'unresponsive' })];
    const result = plan({ desired: deleting, observed: observed({ brokers }), nowMs: NOW_MS });
    expect(kinds(result)).toEqual(['stopBroker']);
  });
});

describe('conditions', () => {
  it('keep their transition time while the status stays, whatever the reason', () => {
    const first = plan({
      desired: desired(),
      observed: observed({ brokers: [broker({ kind: 'absent' })] }),
      nowMs: 1,
    });
    const second = plan({
      desired: desired({ generation: 4 }),
      observed: observed({
        brokers: [broker({ kind: 'starting' })],
        conditions: first.conditions,
      }),
      nowMs: 2,
    });
    expect(find(second, 'Ready')).toMatchObject({
      reason: 'BrokerStarting',
      lastTransitionAtMs: 1,
      observedGeneration: 4,
    });
  });

  it('tell why a step did not work until there is nothing left to do', () => {
    const lastFailure = 'No port is free.';
    const stuck = plan({
      desired: desired(),
      observed: observed({ brokers: [], lastFailure }),
      nowMs: NOW_MS,
    });
    expect(find(stuck, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'StepFailed',
      message: 'No port is free. It is tried again.',
    });
    const done = plan({ desired: desired(), observed: observed({ lastFailure }), nowMs: NOW_MS });
    expect(find(done, 'Progressing').status).toBe('False');
  });

  it('name a broker that nobody wants and leave it', () => {
    const result = plan({
      desired: desired(),
      observed: observed({ brokers: [broker(READY), broker(READY, { nodeId: 7 })] }),
      nowMs: NOW_MS,
    });
    expect(result.actions).toEqual([]);
    expect(find(result, 'Degraded')).toMatchObject({ status: 'True', reason: 'UnplannedBroker' });
  });
});

const OUTDATED = { settings: 'outdated' } as const;
const DIFFERING = {
  limits: { kind: 'outdated', differences: ['connections is 5, wanted 1000'] },
} as const;
/** 1970-01-01 was a Thursday; NOW_MS is a quarter past midnight of it. */
const THURSDAY = 4;

describe('plan for running brokers that are not as wanted', () => {
  const zones = [
    { nodeId: 1, zone: 'b' },
    { nodeId: 2, zone: 'a' },
    { nodeId: 3, zone: 'b' },
  ];
  const serving = zones.map(({ nodeId }) => broker(READY, { nodeId, ...OUTDATED }));

  it('tells limits to all at once, and waits until they are taken', () => {
    const two = [broker(READY, DIFFERING), broker(READY, { nodeId: 2, ...DIFFERING })];
    const brokers = zones.slice(0, 2);
    const told = plan({
      desired: desired({ brokers }),
      observed: observed({ brokers: two }),
      nowMs: NOW_MS,
    });
    expect(kinds(told)).toEqual(['applyLimits', 'applyLimits']);
    expect(told.limitsInEffect).toBe(false);
    const pending = [broker(READY, { limits: { kind: 'pending' } }), broker(READY, { nodeId: 2 })];
    const waiting = plan({
      desired: desired({ brokers }),
      observed: observed({ brokers: pending }),
      nowMs: NOW_MS,
    });
    expect(waiting.waits).toEqual([{ kind: 'limits', nodeId: 1 }]);
    expect(waiting.stable).toBe(false);
  });

  it('restarts one at a time, zone by zone, and none while another does not serve', () => {
    const wanted = desired({ brokers: zones });
    const first = plan({
      desired: wanted,
      observed: observed({ brokers: serving }),
      nowMs: NOW_MS,
    });
    expect(first.actions).toEqual([{ kind: 'stopBroker', nodeId: 2, why: 'roll' }]);
    const starting = [broker({ kind: 'starting' }, { nodeId: 2 }), serving[0], serving[2]];
    const brokers = starting.filter((each) => each !== undefined);
    const second = plan({ desired: wanted, observed: observed({ brokers }), nowMs: NOW_MS });
    expect(second.actions).toEqual([]);
  });

  it('restarts only in the maintenance window, and says when that is', () => {
    const window = { days: [THURSDAY], startMinute: 60, durationMinutes: 30 };
    const wanted = desired({ brokers: zones, maintenance: window });
    const seen = observed({ brokers: serving });
    const early = plan({ desired: wanted, observed: seen, nowMs: NOW_MS });
    expect(early.waits).toEqual([{ kind: 'maintenanceWindow', nodeId: 2, untilMs: 3_600_000 }]);
    expect(early.requeueAfterMs).toBe(2_600_000);
    expect(find(early, 'Progressing').reason).toBe('AwaitingWindow');
    const inTime = plan({ desired: wanted, observed: seen, nowMs: 3_600_000 });
    expect(kinds(inTime)).toEqual(['stopBroker']);
  });

  it('takes retired brokers away one step at a time and leaves other unwanted ones alone', () => {
    const wanted = desired({ retired: [2] });
    const steps = [
      broker(READY, { nodeId: 2 }),
      broker({ kind: 'absent' }, { nodeId: 2 }),
      broker({ kind: 'absent' }, { nodeId: 2, dataPresent: false }),
    ].map((leaving) => {
      const brokers = [broker(READY), leaving, broker(READY, { nodeId: 9 })];
      return plan({ desired: wanted, observed: observed({ brokers }), nowMs: NOW_MS }).actions;
    });
    expect(steps).toEqual([
      [{ kind: 'stopBroker', nodeId: 2, why: 'retirement' }],
      [{ kind: 'removeData', nodeId: 2, why: 'retirement' }],
      [{ kind: 'releaseBroker', nodeId: 2 }],
    ]);
  });

  it('leaves the brokers of a paused cluster alone, but not its keys', () => {
    const credentials = [{ apiKeyId: 'K', generation: 1, deletionRequested: true }];
    const brokers = [broker(READY, { ...OUTDATED, ...DIFFERING })];
    const paused = desired({ paused: true, credentials });
    const result = plan({ desired: paused, observed: observed({ brokers }), nowMs: NOW_MS });
    expect(kinds(result)).toEqual(['removeCredential']);
    expect(find(result, 'Paused').status).toBe('True');
    const deleting = desired({ paused: true, deletionRequested: true });
    const kept = plan({ desired: deleting, observed: observed(), nowMs: NOW_MS });
    expect(kept).toMatchObject({ actions: [], waits: [{ kind: 'resume' }] });
  });
});

describe('drift', () => {
  const brokers = [broker(READY, DIFFERING)];
  const settled = { generation: 3, settledGeneration: 3 };

  it('is named and put back', () => {
    const result = plan({
      desired: desired(settled),
      observed: observed({ brokers }),
      nowMs: NOW_MS,
    });
    expect(find(result, 'Drifted')).toMatchObject({ status: 'True', reason: 'Correcting' });
    expect(find(result, 'Drifted').message).toContain('connections is 5, wanted 1000');
    expect(kinds(result)).toEqual(['applyLimits']);
  });

  it('of settings that belong to the platform is named without their values, and put back', () => {
    const changed = [
      { broker: '', name: 'max.connections' },
      { broker: '1', name: 'sasl.enabled.mechanisms' },
    ];
    const seen = observed({ contents: known(changed) });
    const result = plan({ desired: desired(settled), observed: seen, nowMs: NOW_MS });
    const { message } = find(result, 'Drifted');
    expect(message).toContain('max.connections of all brokers was changed');
    expect(message).toContain('sasl.enabled.mechanisms of broker 1 was changed');
    expect(result.actions).toEqual([{ kind: 'resetSettings', settings: changed }]);
    const left = desired({ ...settled, driftPolicy: 'report' });
    const told = plan({ desired: left, observed: seen, nowMs: NOW_MS });
    expect(told.actions).toEqual([]);
    expect(find(told, 'Drifted').reason).toBe('Reported');
  });

  it('is only told where the policy says so', () => {
    const wanted = desired({ ...settled, driftPolicy: 'report' });
    const result = plan({ desired: wanted, observed: observed({ brokers }), nowMs: NOW_MS });
    expect(find(result, 'Drifted')).toMatchObject({ status: 'True', reason: 'Reported' });
    expect(result.actions).toEqual([]);
    expect(result.stable).toBe(true);
  });

  it('is none while a change that somebody asked for is under way', () => {
    const wanted = desired({ driftPolicy: 'report' });
    const result = plan({ desired: wanted, observed: observed({ brokers }), nowMs: NOW_MS });
    expect(find(result, 'Drifted').status).toBe('False');
    expect(kinds(result)).toEqual(['applyLimits']);
  });
});
