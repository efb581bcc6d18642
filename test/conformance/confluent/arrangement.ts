// How specs come to something that an operation can be asked about.
import type { RunningCloud, Thing } from './running-cloud.ts';

/** A request without its method and path. */
export interface Asked {
  /** Values of the path's parameters, in their order. */
  readonly path?: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** Makes what is asked about; several requests where an object has several forms. */
export type Arrangement = (world: World) => Promise<readonly Asked[]>;

/** The running server, and what requests are made of. */
export interface World extends RunningCloud {
  /** A name that nothing has yet. */
  readonly freshName: () => string;
  /** Where an issuer's keys are. */
  readonly keysUrl: string;
  /** A token of that issuer. */
  readonly issuedToken: (claims: object) => string;
  /** What was made once for several operations, by who made it. */
  readonly shared: Map<Make, Promise<Thing>>;
}

/** Makes an object that nobody else uses. */
export type Make = (world: World) => Promise<Thing>;

/** The one that all ask for who only read or change it. */
export function shared(make: Make): Make {
  return (world) => {
    const known = world.shared.get(make) ?? make(world);
    world.shared.set(make, known);
    return known;
  };
}

/** Asks for an object by its id. */
export function reading(make: Make, query: Asked['query'] = {}): Arrangement {
  return async (world) => [{ path: [(await shared(make)(world)).id], query }];
}

/** Changes an object. */
export function changing(make: Make, body: object): Arrangement {
  return async (world) => [{ path: [(await shared(make)(world)).id], body }];
}

/** Deletes an object that nobody else uses. */
export function deleting(make: Make): Arrangement {
  return async (world) => [{ path: [(await make(world)).id] }];
}

/** Lists what has two things in it: whole, and a page of one. */
export function listing(
  make: Make,
  queryOf: (world: World) => Readonly<Record<string, string>> = () => ({}),
): Arrangement {
  const another: Make = (world) => make(world);
  return async (world) => {
    await shared(make)(world);
    await shared(another)(world);
    const query = queryOf(world);
    return [{ query }, { query: { ...query, page_size: '1' } }];
  };
}

/** Creates an object. */
export function creating(body: (world: World) => object | Promise<object>): Arrangement {
  return async (world) => [{ body: await body(world) }];
}

/** The same with what lies around an object before its own id. */
export function inside(make: Make, arrangement: Arrangement): Arrangement {
  return async (world) => {
    const { id } = await shared(make)(world);
    const asked = await arrangement(world);
    return asked.map((one) => ({ ...one, path: [id, ...(one.path ?? [])] }));
  };
}
