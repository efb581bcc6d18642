import http from 'node:http';
import type { BrokerLimits } from '@weirhouse/cloud-plan';
import { z } from 'zod';
import type { RunRecord } from './process-record.ts';

/** A broker that serves answers in a few milliseconds; one that needs longer is not well. */
const PROBE_TIMEOUT_MS = 1_000;

/** The answer is one short JSON object. */
const PROBE_BYTES_MAX = 16 * 1024;

const readyAnswer = z.object({
  clusterId: z.string(),
  nodeId: z.int(),
  incarnationId: z.string(),
  ready: z.boolean(),
  limits: z.unknown(),
});

const LimitsSchema = z
  .object({
    partitions: z.number(),
    connections: z.number(),
    ingressBytesPerSecond: z.number(),
    egressBytesPerSecond: z.number(),
    storageBytes: z.number(),
  })
  .partial();

/** Limits as files and brokers write them; undefined for anything else. */
export function readLimits(value: unknown): Partial<BrokerLimits> | undefined {
  return LimitsSchema.safeParse(value).data as Partial<BrokerLimits> | undefined;
}

/** What a broker's readiness endpoint says; `silent` when it does not answer as that broker. */
export interface Readiness {
  readonly state: 'ready' | 'starting' | 'silent';
  /** The limits that are in effect, as the broker says; undefined = it does not. */
  readonly limits: unknown;
}

const SILENT: Readiness = { state: 'silent', limits: undefined };

/** Asks `/readyz` of the process that wrote `run`, and checks that the same one answers. */
export async function probeReadiness(run: RunRecord): Promise<Readiness> {
  const body = await fetchBody(new URL('/readyz', run.adminUrl));
  const answer = readyAnswer.safeParse(body).data;
  if (!answer) return SILENT;
  const same =
    answer.incarnationId === run.incarnationId &&
    answer.clusterId === run.clusterId &&
    answer.nodeId === run.nodeId;
  if (!same) return SILENT;
  return { state: answer.ready ? 'ready' : 'starting', limits: answer.limits };
}

/** The parsed JSON body, or undefined after any failure: a probe has no other outcome. */
function fetchBody(url: URL): Promise<unknown> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const request = http.get(url, { agent: false, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > PROBE_BYTES_MAX) request.destroy();
      });
      response.on('error', () => resolve(undefined));
      response.on('close', () => resolve(undefined));
      response.on('end', () => resolve(parse(text)));
    });
    request.on('error', () => resolve(undefined));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
