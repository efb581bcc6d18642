import type { z } from 'zod';
import type { ErrorStatus } from './errors.ts';

/** What a caller must be allowed to do; `<resource>:<verb>`. */
export type Permission =
  | `environment:${'list' | 'create' | 'read' | 'update' | 'delete'}`
  | `cluster:${'list' | 'create' | 'read' | 'update' | 'delete'}`
  | `service-account:${'list' | 'create' | 'read' | 'update' | 'delete'}`
  | `api-key:${'list' | 'create' | 'read' | 'update' | 'delete'}`;

/** A route as data: everything that validation, serialisation, OpenAPI, clients and tests need. */
export interface Route {
  /** The operation's name in the contract. */
  readonly name: string;
  readonly tag: string;
  readonly summary: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** OpenAPI form: `/org/v2/environments/{id}`. */
  readonly path: `/${string}`;
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  /** Undefined = the route takes no body. */
  readonly body: z.ZodType | undefined;
  readonly response: {
    readonly status: 200 | 201 | 202 | 204;
    /** Undefined = an empty answer. */
    readonly schema: z.ZodType | undefined;
    /** True = the header Location names the new object. */
    readonly location: boolean;
  };
  readonly permission: Permission;
  /** The audit record's action; undefined for routes that change nothing. */
  readonly auditType: string | undefined;
  /** Statuses in the error dialect, beside 500, that this route may answer with. */
  readonly errors: readonly ErrorStatus[];
}

type Part<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type RawPart<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;

/** What a handler gets: parsed path parameters, query and body. */
export interface RouteInput<R extends Route> {
  readonly params: Part<R['params']>;
  readonly query: Part<R['query']>;
  readonly body: Part<R['body']>;
}

/** What a caller gives: the same before defaults are filled in. */
export type RouteRequest<R extends Route> = {
  readonly [Key in 'params' | 'query' | 'body' as R[Key] extends z.ZodType ? Key : never]: RawPart<
    R[Key]
  >;
};

/** What a handler returns and a caller receives. */
export type RouteOutput<R extends Route> = R['response']['schema'] extends z.ZodType
  ? z.output<R['response']['schema']>
  : undefined;

/** Path parameters filled in, percent-encoded. Throws nothing: a missing one becomes empty. */
export function routePath(route: Route, params: Readonly<Record<string, string>>): string {
  return route.path.replaceAll(/\{([^}]+)\}/gu, (_, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  );
}
