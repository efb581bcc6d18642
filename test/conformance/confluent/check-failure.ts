// Whether a failure is written as clients of its family read failures.
import { dialectOfPath } from '@weirhouse/cloud-contract';
import type { Answer } from './check-answer.ts';
import type { Difference } from './compare.ts';
import type { OperationFacts } from './facts.ts';

/** What any operation may answer beside the statuses that are published for it. */
const ANYWHERE = new Set([404, 405, 413, 415, 429, 503, 504]);

const KEYS: Readonly<Record<string, readonly string[]>> = {
  'kafka-rest': ['error_code', 'message'],
  oauth: ['error', 'error_description'],
};

/** What an entry of `errors` holds. */
const ITEM_KEYS: Readonly<Record<string, string>> = {
  cloud: 'code,detail,id,source,status,title',
  metrics: 'code,detail,id,status',
};

type Item = Readonly<Record<string, unknown>>;

/** What clients would stumble over in an answer of 400 and more. */
export function failureFaults(operation: OperationFacts, answer: Answer): readonly Difference[] {
  const { status, headers } = answer;
  const found: Difference[] = [];
  const { statuses } = operation;
  const isKnown =
    statuses[String(status)] !== undefined ||
    statuses['default'] !== undefined ||
    ANYWHERE.has(status);
  if (!isKnown) found.push({ place: `status ${status}`, what: 'more' });
  if (headers.get('x-request-id') === null)
    found.push({ place: `header X-Request-Id of ${status}`, what: 'missing' });
  const what = dialectFault(operation.path, answer);
  return what === undefined ? found : [...found, { place: `failure ${status}`, what }];
}

function dialectFault(path: string, { status, headers, body }: Answer): string | undefined {
  const dialect = dialectOfPath(path);
  const text = JSON.stringify(body);
  const keys = KEYS[dialect];
  if (keys !== undefined) {
    const { error_code: code = 0, ...rest } = body as { readonly error_code?: number };
    const own = Object.keys({ ...(body as object) }).toSorted();
    const isWhole = own.join() === keys.join() && Object.values(rest).every(isSaid);
    return isWhole && Number.isInteger(code) ? undefined : `not as ${dialect}: ${text}`;
  }
  const { errors = [] } = body as { readonly errors?: readonly Item[] };
  const isRight = errors.every(
    (one) =>
      Object.keys(one).toSorted().join() === ITEM_KEYS[dialect] &&
      one['status'] === String(status) &&
      one['id'] === headers.get('x-request-id') &&
      isSaid(one['detail']) &&
      isSaid(one['code']),
  );
  return isRight && errors.length > 0 ? undefined : `not as ${dialect}: ${text}`;
}

function isSaid(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
