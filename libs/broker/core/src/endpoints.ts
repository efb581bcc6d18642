import type { RequestContext } from './handler.ts';

/** A broker as clients of the request's listener reach it. */
export interface BrokerEndpointAnswer {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** Where a live broker is reached on the request's listener; undefined when it is not. */
export function endpointOf(
  context: RequestContext,
  brokerId: number,
): BrokerEndpointAnswer | undefined {
  const broker = context.services.image.brokers.find(brokerId);
  const endpoint =
    broker?.fenced === false ? broker.endpoints.get(context.listenerName) : undefined;
  if (broker === undefined || endpoint === undefined) return undefined;
  return { nodeId: brokerId, host: endpoint.host, port: endpoint.port, rack: broker.rack };
}

/** Every live broker that the request's listener reaches, by id. */
export function listEndpoints(context: RequestContext): BrokerEndpointAnswer[] {
  return context.services.image.brokers
    .listActive()
    .map((broker) => endpointOf(context, broker.id))
    .filter((endpoint) => endpoint !== undefined)
    .toSorted((a, b) => a.nodeId - b.nodeId);
}
