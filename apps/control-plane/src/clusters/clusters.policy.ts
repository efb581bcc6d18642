import { AppError } from '@weirhouse/shared-kernel';

/** What a request says about a cluster's form, as the contract's schemas let it through. */
export interface WishedForm {
  readonly availability?: 'SINGLE_ZONE' | 'MULTI_ZONE' | 'LOW' | 'HIGH' | undefined;
  readonly config?: { readonly kind: string } | undefined;
  readonly deletion_protection?: boolean | undefined;
  readonly network?: object | undefined;
  readonly byok?: object | undefined;
}

/** A form that can be had; what the request leaves out is left out here. */
export type OfferedForm<Wish extends WishedForm> = Wish & {
  readonly availability: Wish['availability'] & ('SINGLE_ZONE' | 'LOW' | undefined);
  readonly config: Wish['config'] & ({ readonly kind: 'Basic' } | undefined);
};

/**
 * Refuses what cannot be had, naming the field and what can: Basic clusters in a single zone, on the
 * public network, encrypted as the disk is. Throws `invalid_argument`.
 */
export function requireOffered<Wish extends WishedForm>(
  wish: Wish,
): asserts wish is OfferedForm<Wish> {
  const { availability, config } = wish;
  if (config !== undefined && config.kind !== 'Basic') {
    const detail = `${config.kind} clusters are not offered yet: ask for Basic.`;
    throw refusal('/spec/config/kind', detail);
  }
  if (availability !== undefined && !isSingleZone(availability)) {
    const detail = `${availability} is not offered yet: ask for SINGLE_ZONE (or LOW, the same).`;
    throw refusal('/spec/availability', detail);
  }
  if (wish.deletion_protection === true) {
    const detail = 'Deletion protection is not offered for Basic clusters: leave it out.';
    throw refusal('/spec/deletion_protection', detail);
  }
  if (wish.network !== undefined)
    throw refusal('/spec/network', 'Private networks are not offered yet: leave network out.');
  if (wish.byok !== undefined)
    throw refusal('/spec/byok', 'Own encryption keys are not offered yet: leave byok out.');
}

function isSingleZone(availability: string): boolean {
  return availability === 'SINGLE_ZONE' || availability === 'LOW';
}

function refusal(field: string, message: string): AppError {
  return new AppError('invalid_argument', message, { field });
}
