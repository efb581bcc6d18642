import { EmptySchema } from './common.ts';
import type { ErrorStatus } from './errors.ts';
import type { Route, RouteFamily } from './route.ts';

/** Parts of a route that most routes leave out. */
const OMITTED = {
  params: EmptySchema,
  query: EmptySchema,
  body: undefined,
  auditType: undefined,
} as const;

type Omitted = typeof OMITTED;

type RouteEntry = Omit<Route, keyof RouteFamily | keyof Omitted> &
  Partial<Pick<Route, keyof Omitted | 'credentials'>>;

type Defined<Family, Entry> = Entry &
  Omit<Omitted, keyof Entry> &
  Omit<Family, keyof Entry> extends infer Whole
  ? { readonly [Key in keyof Whole]: Whole[Key] }
  : never;

/** The routes of one family: what an entry leaves out is empty, or the family's. */
export function defineRoutes<
  const Family extends RouteFamily,
  const Entries extends Readonly<Record<string, RouteEntry>>,
>(
  family: Family,
  entries: Entries,
): { readonly [Key in keyof Entries]: Defined<Family, Entries[Key]> } {
  const defined = Object.entries(entries).map(([key, entry]) => [
    key,
    { ...OMITTED, ...family, ...entry },
  ]);
  return Object.fromEntries(defined) as {
    readonly [Key in keyof Entries]: Defined<Family, Entries[Key]>;
  };
}

/** Errors of a list, of reading one object, and of changing things, beside 429 and 500. */
export const LIST_ERRORS = [400, 401, 403] as const satisfies readonly ErrorStatus[];
export const READ_ERRORS = [400, 401, 403, 404] as const satisfies readonly ErrorStatus[];
export const CREATE_ERRORS = [
  400, 401, 402, 403, 404, 409, 413, 415, 422,
] as const satisfies readonly ErrorStatus[];
export const UPDATE_ERRORS = [
  400, 401, 402, 403, 404, 409, 413, 415, 422,
] as const satisfies readonly ErrorStatus[];
export const DELETE_ERRORS = [400, 401, 403, 404, 409] as const satisfies readonly ErrorStatus[];

/** The answer of a route that says nothing but that it is done. */
export const NOTHING = { status: 204, schema: undefined, location: false } as const;

/** What opens the control plane's own families. */
export const CLOUD_CREDENTIALS = ['cloud-key', 'session', 'sts'] as const;
