import type { z } from 'zod';
import type { ErrorStatus } from './errors.ts';
import type { Permission } from './permissions.ts';

/**
 * What opens a route: the kinds of credential a caller may show. A Global API key opens what takes
 * either kind of key.
 */
export type CredentialKind =
  /** HTTP Basic with a Cloud API key. */
  | 'cloud-key'
  /** HTTP Basic with an API key of the Kafka cluster that the path names (`{cluster_id}`). */
  | 'kafka-key'
  /** Bearer: the session of a logged-in user. */
  | 'session'
  /** Bearer: a token that the STS exchanged for an identity provider's. */
  | 'sts';

/** How a family of routes writes its errors. */
export type Dialect =
  /** `{errors: [{id, status, code, title, detail, source}]}`. */
  | 'cloud'
  /** `{error_code, message}` with codes such as 40403 (Kafka REST, role bindings). */
  | 'kafka-rest'
  /** `{errors: [{id, status, code, detail}]}`. */
  | 'metrics'
  /** `{error, error_description}` (RFC 6749 section 5.2). */
  | 'oauth';

/** What the routes of one API have in common. */
export interface RouteFamily {
  /** `org/v2`, `cmk/v2`, ...: the API and its version. */
  readonly api: string;
  readonly tag: string;
  readonly dialect: Dialect;
  /** Empty = open to everybody (a login). */
  readonly credentials: readonly CredentialKind[];
}

/** A route as data: everything that validation, serialisation, OpenAPI, clients and tests need. */
export interface Route extends RouteFamily {
  /** The operation's name in the contract. */
  readonly name: string;
  readonly summary: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
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
    /** Absent = `application/json`. */
    readonly contentType?: string;
    /** The status when the body says `validate_only` and nothing was made. */
    readonly validatedStatus?: 200;
  };
  /** Undefined = every caller may, a credential of the family given. */
  readonly permission: Permission | undefined;
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
