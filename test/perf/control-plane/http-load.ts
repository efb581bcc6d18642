import { Agent, request, type RequestOptions } from 'node:http';

/** One request of a load. */
export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** `Basic …` */
  readonly authorization: string;
  readonly body?: string;
  readonly expectedStatus: number;
}

/** How long requests took, in milliseconds, by share of requests. */
export interface LatencyMs {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** How often an open loop looks whether a request is due, in milliseconds. */
const TICK_MS = 1;
/** Connections of an open loop at most. */
const OPEN_CONNECTIONS = 64;
/** Connections of a closed loop, each with one request on its way. */
const CLOSED_CONNECTIONS = 16;

/**
 * Sends at a fixed rate whatever the answers do. A latency counts from the moment a request was due, so one slow
 * answer is not hidden by the requests that waited for it.
 */
export async function sendOpenLoop(
  url: string,
  load: { readonly perSecond: number; readonly seconds: number; readonly next: () => Call },
): Promise<LatencyMs> {
  const agent = new Agent({ keepAlive: true, maxSockets: OPEN_CONNECTIONS });
  const total = Math.round(load.perSecond * load.seconds);
  const startedMs = performance.now();
  const latencies: number[] = [];
  const running: Promise<void>[] = [];
  while (running.length < total) {
    const dueMs = startedMs + (running.length * 1_000) / load.perSecond;
    if (dueMs > performance.now()) {
      await new Promise((resolve) => void setTimeout(resolve, TICK_MS));
      continue;
    }
    running.push(
      send(url, agent, load.next()).then(() => void latencies.push(performance.now() - dueMs)),
    );
  }
  await Promise.all(running);
  agent.destroy();
  return latencyOf(latencies);
}

/** Sends the next request as soon as one was answered; requests per second. */
export async function sendClosedLoop(
  url: string,
  load: { readonly seconds: number; readonly next: () => Call },
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLOSED_CONNECTIONS });
  const startedMs = performance.now();
  const endMs = startedMs + load.seconds * 1_000;
  let answered = 0;
  await Promise.all(
    Array.from({ length: CLOSED_CONNECTIONS }, async () => {
      while (performance.now() < endMs) {
        await send(url, agent, load.next());
        answered += 1;
      }
    }),
  );
  const perSecond = (answered * 1_000) / (performance.now() - startedMs);
  agent.destroy();
  return perSecond;
}

/** One answer's body. Rejects for another status than the expected one. */
export function send(url: string, agent: Agent, call: Call): Promise<string> {
  const options: RequestOptions = {
    agent,
    method: call.method,
    headers: {
      authorization: call.authorization,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${call.path}`, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (answer.statusCode === call.expectedStatus) resolve(text);
        else reject(new Error(`${call.method} ${call.path}: ${answer.statusCode} ${text}`));
      });
    });
    outgoing.once('error', reject);
    outgoing.end(call.body);
  });
}

function latencyOf(values: readonly number[]): LatencyMs {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}
