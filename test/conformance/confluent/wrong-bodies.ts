// Bodies that are not as the contract publishes them, made of good ones.
import { has, typeOf, type OperationFacts } from './facts.ts';

/** A body with one fault. */
export interface WrongBody {
  readonly body: object;
  /** The field, as the facts call it. */
  readonly field: string;
  readonly fault: 'left out' | 'of another type';
}

type Json = Readonly<Record<string, unknown>>;

/** One body for each field that is asked for, without it, and one for each field, of another type. */
export function wrongBodies({ request }: OperationFacts, good: object): readonly WrongBody[] {
  if (good instanceof URLSearchParams) return withoutEach(good);
  const fields = Object.entries(request?.fields ?? {});
  return fields.flatMap(([field, words]): readonly WrongBody[] => {
    const path = field.split('.');
    // A field inside a list, or one that the good body leaves out, is another body's.
    if (/[[{]/u.test(field) || !isIn(good as Json, path)) return [];
    const type = typeOf(words);
    const isAny = /^(?:any|recursive)$/u.test(type);
    const body = changed(good as Json, path, () => (type === 'object' ? 'text' : { not: 'this' }));
    return [
      ...(isAny ? [] : [{ body, field, fault: 'of another type' } as const]),
      ...(has(words, 'required')
        ? [
            {
              body: changed(good as Json, path, () => undefined),
              field,
              fault: 'left out',
            } as const,
          ]
        : []),
    ];
  });
}

/** Values of a form are text, so that only what is missing can be wrong. */
function withoutEach(good: URLSearchParams): readonly WrongBody[] {
  return [...good.keys()].map((field) => {
    const body = new URLSearchParams(good);
    body.delete(field);
    return { body, field, fault: 'left out' };
  });
}

function isIn(body: Json, [name = '', ...rest]: readonly string[]): boolean {
  const value = body[name];
  if (rest.length === 0) return value !== undefined;
  return typeof value === 'object' && value !== null && isIn(value as Json, rest);
}

function changed(body: Json, path: readonly string[], change: () => unknown): Json {
  const [name = '', ...rest] = path;
  const value = rest.length === 0 ? change() : changed(body[name] as Json, rest, change);
  return { ...body, [name]: value };
}
