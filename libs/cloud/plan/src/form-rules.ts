import { AppError, unreachable } from '@weirhouse/shared-kernel';
import {
  isMultiZone,
  KIND_RULES,
  type Availability,
  type ClusterForm,
  type ClusterKind,
} from './cluster-form.ts';

/** `config` of a request, as the contract's schemas let it through. */
export type WishedConfig =
  | {
      readonly kind: 'Basic' | 'Standard' | 'Enterprise' | 'Freight';
      readonly max_ecku?: number | undefined;
    }
  | {
      readonly kind: 'Dedicated';
      readonly cku: number;
      readonly encryption_key?: string | undefined;
      readonly zones?: readonly string[] | undefined;
      readonly release_priority?: 'REGULAR' | 'PRIORITY' | undefined;
    };

/** What a request says about a new cluster's form. */
export interface WishedForm {
  readonly availability: Availability;
  readonly config: WishedConfig;
  readonly deletion_protection?: boolean | undefined;
  readonly network?: object | undefined;
  readonly byok?: object | undefined;
}

/** What a request says about the form of a cluster that is there. */
export interface WishedChange {
  readonly availability?: Availability | undefined;
  readonly config?: WishedConfig | undefined;
  readonly deletion_protection?: boolean | undefined;
}

/** Zones of a cluster that has to survive the loss of one, at least and at most. */
const ZONES_OF_MULTI = { min: 2, max: 3 } as const;
/** Fewest units of a cluster in several zones. */
const UNITS_OF_MULTI_MIN = 2;

/** The form a request asks for. Throws `invalid_argument` with a pointer when it cannot be had. */
export function formOfWish(wish: WishedForm): ClusterForm {
  if (wish.network !== undefined)
    throw refusal('/spec/network', 'Private networks are not offered: leave network out.');
  if (wish.byok !== undefined)
    throw refusal('/spec/byok', 'Own encryption keys are not offered: leave byok out.');
  return checked({
    ...sizeOf(wish.config, undefined),
    availability: wish.availability,
    deletionProtection: wish.deletion_protection ?? false,
  });
}

/**
 * The form after a change; what the request leaves out stays. Throws `invalid_argument` with a pointer
 * for what cannot be changed, naming what can.
 */
export function formAfter(form: ClusterForm, change: WishedChange): ClusterForm {
  const { availability, config } = change;
  if (availability !== undefined && isMultiZone(availability) !== isMultiZone(form.availability))
    throw refusal(
      '/spec/availability',
      `Availability cannot be changed from ${form.availability} to ${availability}: create another cluster.`,
    );
  if (config !== undefined) requireReachable(form, config);
  const size = config === undefined ? form : sizeOf(config, form);
  const deletionProtection = change.deletion_protection ?? form.deletionProtection;
  return checked({ ...size, availability: form.availability, deletionProtection });
}

/** True when both mean the same size, place and protection. */
export function isSameForm(a: ClusterForm, b: ClusterForm): boolean {
  return (
    a.kind === b.kind &&
    a.maxEcku === b.maxEcku &&
    a.cku === b.cku &&
    a.releasePriority === b.releasePriority &&
    a.deletionProtection === b.deletionProtection
  );
}

type Size = Pick<ClusterForm, 'kind' | 'maxEcku' | 'cku' | 'zones' | 'releasePriority'>;

function sizeOf(config: WishedConfig, before: ClusterForm | undefined): Size {
  switch (config.kind) {
    case 'Freight':
      throw refusal(
        '/spec/config/kind',
        'Freight clusters are not offered: ask for Basic, Standard, Enterprise or Dedicated.',
      );
    case 'Dedicated':
      if (config.encryption_key !== undefined)
        throw refusal(
          '/spec/config/encryption_key',
          'Own encryption keys are not offered: leave encryption_key out.',
        );
      return {
        kind: 'Dedicated',
        maxEcku: undefined,
        cku: config.cku,
        zones: config.zones ?? before?.zones ?? [],
        releasePriority: config.release_priority ?? before?.releasePriority ?? 'REGULAR',
      };
    case 'Basic':
    case 'Standard':
    case 'Enterprise': {
      const { kind, max_ecku } = config;
      const kept = before?.kind === kind ? before.maxEcku : undefined;
      const none = { cku: undefined, zones: [], releasePriority: undefined };
      return { kind, maxEcku: max_ecku ?? kept, ...none };
    }
    default:
      return unreachable(config);
  }
}

/** Basic may become Standard; zones stay where the data is. */
function requireReachable(form: ClusterForm, config: WishedConfig): void {
  const isUpgrade = form.kind === 'Basic' && config.kind === 'Standard';
  if (config.kind !== form.kind && !isUpgrade)
    throw refusal(
      '/spec/config/kind',
      `A ${form.kind} cluster cannot become ${config.kind}: only Basic may become Standard; create another cluster.`,
    );
  if (config.kind !== 'Dedicated' || config.zones === undefined) return;
  if (config.zones.toSorted().join(',') !== form.zones.toSorted().join(','))
    throw refusal(
      '/spec/config/zones',
      'The zones of a cluster cannot be changed: leave zones out, or create another cluster.',
    );
}

function checked(form: ClusterForm): ClusterForm {
  const { availability, cku, kind, maxEcku } = form;
  const rules = KIND_RULES[kind];
  const field = rules.unit === 'CKU' ? 'cku' : 'max_ecku';
  const units = cku ?? maxEcku;
  if (kind === 'Enterprise' && !isMultiZone(availability))
    throw refusal(
      '/spec/availability',
      'Enterprise clusters lie in several zones: ask for HIGH (or MULTI_ZONE, the same).',
    );
  if (units !== undefined && units > rules.unitsMax)
    throw refusal(
      `/spec/config/${field}`,
      `${kind} clusters have at most ${rules.unitsMax} ${rules.unit}: ask for ${field} between 1 and ${rules.unitsMax}.`,
    );
  if (isMultiZone(availability) && units !== undefined && units < UNITS_OF_MULTI_MIN)
    throw refusal(
      `/spec/config/${field}`,
      `${availability} needs ${field} of ${UNITS_OF_MULTI_MIN} or more: ask for more, or for a single zone.`,
    );
  if (form.deletionProtection && !rules.mayBeProtected)
    throw refusal('/spec/deletion_protection', unprotected(kind));
  requireZones(form);
  return form;
}

function requireZones({ availability, zones }: ClusterForm): void {
  if (zones.length === 0) return;
  const isMulti = isMultiZone(availability);
  const { min, max } = isMulti ? ZONES_OF_MULTI : { min: 1, max: 1 };
  const wanted = isMulti ? `${min} or ${max} different zones` : 'exactly one zone';
  if (zones.length < min || zones.length > max || new Set(zones).size !== zones.length)
    throw refusal('/spec/config/zones', `${availability} needs ${wanted}, or none named.`);
}

function unprotected(kind: ClusterKind): string {
  return `Deletion protection is not offered for ${kind} clusters: leave it out, or ask for Enterprise or Dedicated.`;
}

function refusal(field: string, message: string): AppError {
  return new AppError('invalid_argument', message, { field });
}
