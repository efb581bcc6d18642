import type { ConfigurationPlan, LiveObject, PlannedChange } from '@weirhouse/cloud-plan';
import { AppError, isAppError, unreachable } from '@weirhouse/shared-kernel';
import { ACTIONS } from './actions-by-kind.ts';
import type { ApplyTools, ApplyWorld, PresentObject } from './actions.ts';
import { forget, note, type ApplyName, type ConfigurationScope } from './configuration-memory.ts';
import { patiently } from './patience.ts';

/** How one change went. */
export interface ApplyStep {
  readonly address: string;
  readonly verb: PlannedChange['verb'];
  readonly state: 'begun' | 'done' | 'failed';
  readonly message?: string;
}

/** How an apply ended. After a failure, planning again goes on from what is there. */
export interface ApplyResult {
  readonly done: readonly PlannedChange[];
  readonly failed: { readonly change: PlannedChange; readonly error: unknown } | undefined;
  /** What was not tried because of the failure. */
  readonly left: readonly PlannedChange[];
}

/** An apply: what to do, what is there, and who listens. */
export interface ApplyOptions extends ApplyTools {
  readonly scope: ConfigurationScope;
  /** Whose hold the configuration has: see withHold. */
  readonly holder: string;
  readonly plan: ConfigurationPlan;
  readonly live: readonly LiveObject[];
  readonly onStep: (step: ApplyStep) => void;
}

/**
 * Does what a plan says, one change after the other, and stops at the first that fails. What is to be
 * made is noted before it is made, so that a kill at any point leaves nothing that nobody owns. Throws
 * `failed_precondition` when the plan refuses something.
 */
export async function applyConfiguration(options: ApplyOptions): Promise<ApplyResult> {
  const { client, live, onStep, pace, plan } = options;
  const [refusal] = plan.refusals;
  if (refusal !== undefined)
    throw new AppError('failed_precondition', `${refusal.address}: ${refusal.message}`);
  const ids = new Map(live.map(({ address, id }) => [address, id]));
  const world: ApplyWorld = { ...options, ids, ready: new Set() };
  const name = { ...options.scope, holder: options.holder };
  await patiently(pace, () => forget(client, name, plan.forgotten));
  const done: PlannedChange[] = [];
  for (const change of plan.changes) {
    const { address, verb } = change;
    try {
      onStep({ address, verb, state: 'begun' });
      await applyChange(world, name, change);
      onStep({ address, verb, state: 'done' });
      done.push(change);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      onStep({ address, verb, state: 'failed', message });
      return { done, failed: { change, error }, left: plan.changes.slice(done.length + 1) };
    }
  }
  return { done, failed: undefined, left: [] };
}

async function applyChange(
  world: ApplyWorld,
  name: ApplyName,
  change: PlannedChange,
): Promise<void> {
  const { address, kind, protect } = change;
  const actions = ACTIONS[kind];
  switch (change.verb) {
    case 'create':
      return createObject(world, name, change);
    case 'update':
      return patiently(world.pace, async () => actions.update?.(world, change));
    case 'replace':
      await deleteObject(world, name, change);
      return createObject(world, name, change);
    case 'delete':
      return deleteObject(world, name, { ...change, fields: change.before });
    case 'mark':
      return note(world.client, name, { address, id: change.id, protect });
    default:
      return unreachable(change);
  }
}

async function createObject(
  world: ApplyWorld,
  name: ApplyName,
  change: Extract<PlannedChange, { verb: 'create' | 'replace' }>,
): Promise<void> {
  const { address, kind, protect } = change;
  const mark = (id: string | undefined): Promise<void> =>
    patiently(world.pace, () => note(world.client, name, { address, id, protect }));
  await mark(undefined);
  try {
    const id = await patiently(world.pace, () => ACTIONS[kind].create(world, change), RATE_ONLY);
    world.ids.set(address, id);
    await mark(id);
  } catch (error) {
    // Refused before anything was made: what appears under this address later is somebody else's.
    if (isAppError(error) && REFUSALS.has(error.code) && !world.ids.has(address))
      await forget(world.client, name, [address]);
    throw error;
  }
}

/** A creation whose answer was lost may have happened: only a refusal by rate is tried again. */
const RATE_ONLY = new Set(['rate_limited'] as const);
const REFUSALS: ReadonlySet<string> = new Set([
  'invalid_argument',
  'unauthenticated',
  'forbidden',
  'not_found',
  'already_exists',
  'failed_precondition',
  'quota_exceeded',
  'rate_limited',
]);

async function deleteObject(
  world: ApplyWorld,
  name: ApplyName,
  change: PresentObject & {
    readonly kind: PlannedChange['kind'];
    readonly takesAlong: readonly string[];
  },
): Promise<void> {
  const { address, kind, takesAlong } = change;
  try {
    await patiently(world.pace, () => ACTIONS[kind].delete(world, change));
  } catch (error) {
    if (!isAppError(error) || error.code !== 'not_found') throw error;
  }
  for (const gone of [address, ...takesAlong]) world.ids.delete(gone);
  await patiently(world.pace, () => forget(world.client, name, [address, ...takesAlong]));
}
