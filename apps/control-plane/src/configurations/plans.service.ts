import { Inject, Injectable } from '@nestjs/common';
import { environmentCrn, newId, organizationCrn } from '@weirhouse/cloud-contract';
import type { ConfigurationWish, PlannedConfiguration } from '@weirhouse/cloud-client';
import {
  formatFaults,
  parseWeirText,
  parseWeirValue,
  summaryLine,
  type ConfigurationPlan,
} from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { withFreshId } from '../database/fresh-id.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { PlanRunner } from './plan-runner.ts';
import type { StoredPlan } from './plans.repository.ts';

/** How long plans are kept, in milliseconds: a week. */
const PLAN_MAX_MS = 7 * 24 * 60 * 60_000;

/** Plans over REST. They act with the rights of whoever asks, and only that one applies them. */
@Injectable()
export class PlansService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    private readonly runner: PlanRunner,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  async create(
    ctx: OpContext,
    asked: { readonly document: unknown; readonly destroy: boolean },
  ): Promise<StoredPlan> {
    const { organizationId } = ctx;
    const wish = wishOf(asked);
    authorize(ctx, 'plan:create', await this.#placeOf(ctx, wish));
    const { plan } = await this.runner.plan(ctx, wish);
    const nowMs = this.ports.clock.wallMs();
    return withFreshId(
      () => newId('plan', this.ports.random),
      (id) =>
        this.unit.run(ctx, async (tx, record) => {
          const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
          const state = { status: 'PLANNED', progress: [], error: undefined } as const;
          const actor = ctx.actor.name;
          const stored = { id, organizationId, actor, ...asked, plan, ...state, ...times };
          await this.repositories.plans.deleteOlder(tx, organizationId, nowMs - PLAN_MAX_MS);
          await this.repositories.plans.insert(tx, stored);
          await record({ action: 'CreatePlan', resourceCrn: crnOf(ctx, id) });
          return stored;
        }),
    );
  }

  /** Throws `not_found`, also for what the caller may not see. */
  async get(ctx: OpContext, id: string): Promise<StoredPlan> {
    const plan = await this.repositories.plans.find(ctx.organizationId, id);
    if (plan === undefined || plan.actor !== ctx.actor.name) throw noSuchPlan(id);
    authorize(ctx, 'plan:read', await this.#placeOf(ctx, wishOf(plan)));
    return plan;
  }

  /**
   * Begins to do what a plan says; the answer does not wait for the end. Throws
   * `failed_precondition` when it was begun before, refuses something, makes keys (whose secrets
   * nobody here could hand over) or would be another plan by now.
   */
  async apply(ctx: OpContext, id: string): Promise<StoredPlan> {
    const stored = await this.get(ctx, id);
    const wish = wishOf(stored);
    authorize(ctx, 'plan:apply', await this.#placeOf(ctx, wish));
    requireApplicable(stored);
    const updatedAtMs = this.ports.clock.wallMs();
    const check = async ({ plan }: PlannedConfiguration): Promise<void> => {
      requireSame(stored.plan, plan);
      await this.unit.run(ctx, async (tx, record) => {
        if (!(await this.repositories.plans.begin(tx, stored, updatedAtMs))) throw begun(id);
        await record({ action: 'ApplyPlan', resourceCrn: crnOf(ctx, id) });
      });
    };
    await this.runner.start(ctx, stored, { wish, check });
    return { ...stored, status: 'APPLYING', updatedAtMs };
  }

  /** What a plan is about: the environment that its file is within, or the organization. */
  async #placeOf({ organizationId }: OpContext, { within }: ConfigurationWish): Promise<string> {
    const environment =
      within === undefined
        ? undefined
        : await this.repositories.environments.findByName(organizationId, within);
    return environment === undefined
      ? organizationCrn(organizationId)
      : environmentCrn(organizationId, environment.id);
  }
}

/** The plan is what was agreed to: another one is not done in its place. */
function requireSame(agreed: ConfigurationPlan, now: ConfigurationPlan): void {
  if (JSON.stringify(sorted(agreed)) === JSON.stringify(sorted(now))) return;
  throw new AppError(
    'failed_precondition',
    `The world moved on since this plan was made (then: ${summaryLine(agreed)} now: ${summaryLine(now)}): plan again.`,
  );
}

function wishOf(asked: {
  readonly document: unknown;
  readonly destroy: boolean;
}): ConfigurationWish {
  const { destroy, document } = asked;
  const parsed = typeof document === 'string' ? parseWeirText(document) : parseWeirValue(document);
  if (!parsed.ok) {
    const message = formatFaults(parsed.faults, 'document').replaceAll('\n', ' ');
    throw new AppError('invalid_argument', message, { field: '/document' });
  }
  const { name, within } = parsed.document;
  const { objects, requires } = parsed;
  return { name, within, objects, requires, destroy };
}

function requireApplicable({ id, plan, status }: StoredPlan): void {
  if (status !== 'PLANNED') throw begun(id);
  const [refusal] = plan.refusals;
  if (refusal !== undefined)
    throw new AppError('failed_precondition', `${refusal.address}: ${refusal.message}`);
  const key = plan.changes.find(
    ({ kind, verb }) => kind === 'api_key' && (verb === 'create' || verb === 'replace'),
  );
  if (key !== undefined) {
    throw new AppError(
      'failed_precondition',
      `${key.address} is a new API key, and its secret is shown only to whoever makes it: apply with the weir command and --secrets, or make the key by POST /iam/v2/api-keys.`,
    );
  }
}

/** Columns of JSON come back with their keys in another order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  const inOrder = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(inOrder.map(([name, one]) => [name, sorted(one)]));
}

function begun(id: string): AppError {
  return new AppError('failed_precondition', `The plan ${id} was applied already: plan again.`);
}

function crnOf(ctx: OpContext, id: string): string {
  return `${organizationCrn(ctx.organizationId)}/plan=${id}`;
}

/** The same for unknown plans and for other people's. */
function noSuchPlan(id: string): AppError {
  return new AppError('not_found', `There is no plan ${id}.`);
}
