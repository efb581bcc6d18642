import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import { summaryLine } from '@weirhouse/cloud-plan';
import type { ApiAddress } from '../http/api-address.ts';
import { timestamps } from '../http/timestamps.ts';
import type { StoredPlan } from './plans.repository.ts';

/** An apply that has not been heard of for so long lost its process, in milliseconds. */
const SILENCE_MAX_MS = 60_000;

type Presented = RouteOutput<typeof routes.getPlan>;

/** A plan in the contract's form. */
export function presentPlan(
  stored: StoredPlan,
  { address, nowMs }: { readonly address: ApiAddress; readonly nowMs: number },
): Presented {
  const { destroy, error, id, plan, progress, status, updatedAtMs } = stored;
  const isLost = status === 'APPLYING' && nowMs - updatedAtMs > SILENCE_MAX_MS;
  return {
    api_version: 'v1',
    kind: 'Plan',
    id,
    metadata: { self: address.link(`/v1/plans/${id}`), ...timestamps(stored) },
    spec: {
      configuration: plan.configuration,
      destroy,
      changes: plan.changes as unknown as Presented['spec']['changes'],
      refusals: [...plan.refusals],
      unchanged: plan.unchanged,
      summary: summaryLine(plan),
    },
    status: {
      phase: isLost ? 'INTERRUPTED' : status,
      progress: [...progress],
      ...(error === undefined ? {} : { error }),
    },
  };
}
