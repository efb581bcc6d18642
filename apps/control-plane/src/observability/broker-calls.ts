import type { OnRequest } from '@weirhouse/kafka-client';
import { findScope } from './op-scope.ts';
import { beginSpan } from './spans.ts';

/** Requests whose client id decides about quotas: they keep the plain one. */
const WITH_RECORDS: ReadonlySet<string> = new Set(['Produce', 'Fetch']);

/**
 * Makes each call to a broker a span, and tells the broker for which request it is: its client id ends with the
 * request's id, which the broker's log lines show.
 */
export function brokerCalls(clientId: string): OnRequest {
  return (api) => {
    const requestId = findScope()?.requestId;
    if (requestId === undefined) return { end: () => undefined };
    const attributes = { 'rpc.system': 'kafka', 'rpc.method': api };
    const span = beginSpan({ name: `kafka ${api}`, kind: 'client', attributes });
    return {
      ...(WITH_RECORDS.has(api) ? {} : { clientId: `${clientId}/${requestId}` }),
      end: (failure) => span.end({}, failure),
    };
  };
}
