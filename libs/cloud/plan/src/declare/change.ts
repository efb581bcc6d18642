import type { FieldChange } from './kind-rules.ts';
import type { Fields, ObjectKind } from './objects.ts';

interface Change {
  readonly kind: ObjectKind;
  readonly address: string;
  /** Why, beside that the file says so. */
  readonly reasons: readonly string[];
  readonly risks: readonly string[];
  readonly protect: boolean;
}

interface Present {
  readonly id: string;
  /** Addresses that are gone with it, so that nobody deletes them one by one. */
  readonly takesAlong: readonly string[];
}

/** One thing that a plan does. `mark` only changes what the server remembers. */
export type PlannedChange =
  | (Change & { readonly verb: 'create'; readonly fields: Fields })
  | (Change & {
      readonly verb: 'update';
      readonly id: string;
      readonly fields: Fields;
      readonly changed: readonly FieldChange[];
    })
  | (Change &
      Present & {
        readonly verb: 'replace';
        readonly fields: Fields;
        readonly changed: readonly FieldChange[];
      })
  | (Change & Present & { readonly verb: 'delete'; readonly before: Fields })
  | (Change & { readonly verb: 'mark'; readonly id: string });

/** Something that the plan would have to do and does not. */
export interface Refusal {
  readonly address: string;
  readonly message: string;
}

/** What has to happen, in this order. Nothing may be done while anything is refused. */
export interface ConfigurationPlan {
  readonly configuration: string;
  readonly changes: readonly PlannedChange[];
  readonly refusals: readonly Refusal[];
  readonly unchanged: number;
  /** Addresses that were made once and are gone: to be forgotten. */
  readonly forgotten: readonly string[];
}
