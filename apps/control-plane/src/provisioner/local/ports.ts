import net from 'node:net';
import { AppError } from '@weirhouse/shared-kernel';
import type { BrokerPorts } from '../provisioner.ts';

/** An inclusive range of TCP ports. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** True when nothing listens on the port: it could be bound just now, and was released again. */
export function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * The lowest free port for clients and the highest one for administration, so that the first
 * cluster is found at the start of the range. Throws `quota_exceeded` when fewer than two are left.
 */
export async function choosePorts(
  host: string,
  range: PortRange,
  used: ReadonlySet<number>,
): Promise<BrokerPorts> {
  const candidates = Array.from(
    { length: range.to - range.from + 1 },
    (_, index) => range.from + index,
  ).filter((port) => !used.has(port));
  const clientPort = await findFree(host, candidates);
  const adminPort = await findFree(
    host,
    candidates.toReversed().filter((port) => port !== clientPort),
  );
  if (clientPort === undefined || adminPort === undefined)
    throw new AppError(
      'quota_exceeded',
      `no two free ports are left between ${range.from} and ${range.to}; widen the range`,
      { field: 'WEIRHOUSE_BROKER_PORTS' },
    );
  return { host, clientPort, adminPort };
}

async function findFree(host: string, ports: readonly number[]): Promise<number | undefined> {
  for (const port of ports) if (await isPortFree(host, port)) return port;
  return undefined;
}
