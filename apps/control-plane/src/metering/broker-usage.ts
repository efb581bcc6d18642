import type { BrokerReport } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { z } from 'zod';

/** A report is made in some milliseconds; a broker that needs longer is asked again a minute later. */
const REPORT_TIMEOUT_MS = 10_000;

/** The largest report of a broker within its bounds has some MiB. */
const REPORT_BYTES_MAX = 32 * 1024 * 1024;

const count = z.number().int().nonnegative();

const UsageAnswerSchema = z.object({
  clusterId: z.string(),
  nodeId: z.int(),
  incarnationId: z.string().min(1),
  load: z.object({ busyMs: count, idleMs: count }),
  connections: count,
  failedAuthentications: count,
  principals: z.array(
    z.object({
      series: count,
      principal: z.string(),
      connections: count,
      authentications: count,
    }),
  ),
  traffic: z.array(
    z.object({
      series: count,
      principal: z.string(),
      topic: z.string(),
      receivedBytes: count,
      receivedRecords: count,
      sentBytes: count,
      sentRecords: count,
    }),
  ),
  requests: z.array(
    z.object({
      series: count,
      principal: z.string(),
      api: z.string(),
      requests: count,
      responses: count,
      requestBytes: count,
      responseBytes: count,
    }),
  ),
  topics: z.array(z.object({ topic: z.string(), partitions: count, retainedBytes: count })),
  lags: z.array(z.object({ group: z.string(), topic: z.string(), partition: z.int(), lag: count })),
});

/** A broker whose usage can be asked for. */
export interface UsageAddress {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly host: string;
  readonly adminPort: number;
}

/** Asks a broker; rejects with an AppError when it does not answer as that broker. */
export type ReadUsage = (address: UsageAddress) => Promise<BrokerReport>;

/** Asks `/usage` of the broker's admin port. */
export async function readBrokerUsage(address: UsageAddress): Promise<BrokerReport> {
  const { adminPort, clusterId, host, nodeId } = address;
  const name = host.includes(':') ? `[${host}]` : host;
  const text = await fetchText(`http://${name}:${adminPort}/usage`);
  const answer = UsageAnswerSchema.safeParse(parse(text)).data;
  if (answer?.clusterId !== clusterId || answer.nodeId !== nodeId)
    throw new AppError('unavailable', 'Something else than the broker answers on its admin port.');
  return answer;
}

async function fetchText(url: string): Promise<string> {
  try {
    const signal = AbortSignal.timeout(REPORT_TIMEOUT_MS);
    const response = await fetch(url, { signal });
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > REPORT_BYTES_MAX) throw new AppError('unavailable', 'It has no end.');
    }
    return text;
  } catch (cause) {
    throw new AppError('unavailable', 'A broker did not tell its usage.', { cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
