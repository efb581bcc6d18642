import { assert, unreachable } from '@weirhouse/shared-kernel';
import { aclKey } from './access/acl.ts';
import type {
  Action,
  DesiredCluster,
  ObservedBroker,
  ObservedCluster,
  ObservedContents,
} from './world.ts';

/** Both sides of a cluster whose steps all work. */
export interface SimulatedCluster {
  readonly desired: DesiredCluster;
  readonly observed: ObservedCluster;
  readonly forgotten: boolean;
}

/** What an action brings about when it works: for previews, and for the plan's own properties. */
export function afterAction(before: SimulatedCluster, action: Action): SimulatedCluster {
  const { desired, observed } = before;
  switch (action.kind) {
    case 'allocatePorts':
      return withBroker(before, action.nodeId, { ports: 'allocated' });
    case 'startBroker':
      return withBroker(before, action.nodeId, {
        state: { kind: 'starting' },
        dataPresent: true,
        settings: 'current',
        limits: { kind: 'unknown' },
      });
    case 'applyLimits':
      return withBroker(before, action.nodeId, { limits: { kind: 'pending' } });
    case 'stopBroker':
      return withBroker(before, action.nodeId, { state: { kind: 'absent' } });
    case 'removeData':
      return withBroker(before, action.nodeId, { dataPresent: false });
    case 'releaseBroker':
      return {
        ...before,
        desired: { ...desired, retired: desired.retired.filter((id) => id !== action.nodeId) },
        observed: {
          ...observed,
          brokers: observed.brokers.filter(({ nodeId }) => nodeId !== action.nodeId),
        },
      };
    case 'forget':
      return { ...before, forgotten: true };
    case 'createTopic':
      return {
        ...before,
        desired: { ...desired, topics: desired.topics.filter(({ name }) => name !== action.name) },
      };
    case 'applyAcls':
    case 'applyQuotas':
    case 'resetSettings':
    case 'pushCredential':
    case 'removeCredential':
      return afterInsideAction(before, action);
    default:
      return unreachable(action);
  }
}

/** What happens by itself until the next look: brokers become ready, and tell what they hold. */
export function afterWaiting(before: SimulatedCluster): SimulatedCluster {
  const { desired, observed } = before;
  const brokers = observed.brokers.map(settled);
  const isServing = desired.brokers.every(({ nodeId }) =>
    brokers.some((broker) => broker.nodeId === nodeId && broker.state.kind === 'ready'),
  );
  const empty: ObservedContents = {
    kind: 'known',
    credentials: new Map(),
    acls: [],
    quotas: [],
    changedSettings: [],
  };
  const contents = isServing && observed.contents.kind === 'unknown' ? empty : observed.contents;
  return { ...before, observed: { ...observed, brokers, contents } };
}

function settled(broker: ObservedBroker): ObservedBroker {
  const { kind } = broker.state;
  if (kind === 'starting' || kind === 'unresponsive')
    return {
      ...broker,
      state: { kind: 'ready', incarnationId: 'simulated' },
      limits: { kind: 'current' },
    };
  return broker.limits.kind === 'pending' ? { ...broker, limits: { kind: 'current' } } : broker;
}

type InsideAction = Extract<
  Action,
  {
    readonly kind:
      | 'applyAcls'
      | 'applyQuotas'
      | 'resetSettings'
      | 'pushCredential'
      | 'removeCredential';
  }
>;

function afterInsideAction(before: SimulatedCluster, action: InsideAction): SimulatedCluster {
  const { desired, observed } = before;
  const { contents } = observed;
  assert(contents.kind === 'known', 'nothing is done inside a cluster that could not be asked');
  const credentials = new Map(contents.credentials);
  if (action.kind === 'applyAcls') {
    const removed = new Set(action.remove.map(aclKey));
    const kept = contents.acls.filter((acl) => !removed.has(aclKey(acl)));
    const acls = [...kept, ...action.create];
    return { ...before, observed: { ...observed, contents: { ...contents, acls } } };
  }
  if (action.kind === 'applyQuotas') {
    const changed = new Set([...action.set.map(({ user }) => user), ...action.remove]);
    const kept = contents.quotas.filter(({ user }) => !changed.has(user));
    const quotas = [...kept, ...action.set];
    return { ...before, observed: { ...observed, contents: { ...contents, quotas } } };
  }
  if (action.kind === 'resetSettings')
    return {
      ...before,
      observed: { ...observed, contents: { ...contents, changedSettings: [] } },
    };
  const { apiKeyId } = action;
  if (action.kind === 'pushCredential') credentials.set(apiKeyId, action.generation);
  else credentials.delete(apiKeyId);
  const left =
    action.kind === 'removeCredential'
      ? desired.credentials.filter((credential) => credential.apiKeyId !== apiKeyId)
      : desired.credentials;
  return {
    ...before,
    desired: { ...desired, credentials: left },
    observed: { ...observed, contents: { ...contents, credentials } },
  };
}

function withBroker(
  before: SimulatedCluster,
  nodeId: number,
  change: Partial<ObservedBroker>,
): SimulatedCluster {
  const { observed } = before;
  const broker = observed.brokers.find((candidate) => candidate.nodeId === nodeId) ?? {
    nodeId,
    ports: 'unallocated',
    dataPresent: false,
    state: { kind: 'absent' },
    settings: 'current',
    limits: { kind: 'unknown' },
  };
  const others = observed.brokers.filter((candidate) => candidate.nodeId !== nodeId);
  const brokers = [...others, { ...broker, ...change }];
  return { ...before, observed: { ...observed, brokers } };
}
