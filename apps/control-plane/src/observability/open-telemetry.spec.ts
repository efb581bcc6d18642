import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { readCommand } from '../config.ts';
import { SETUP_MAX_MS } from '../database/testing.ts';
import { FakeProvisioner } from '../provisioner/fake/fake-provisioner.ts';
import { startControlPlane } from '../start-control-plane.ts';
import { createTenant, SILENT_LOG } from '../testing/test-app.ts';
import { asksForSpans } from './spans.ts';

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: { stringValue?: string };
  }[];
  readonly events: readonly { readonly name: string }[];
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

/** What OTLP over HTTP needs of a collector. */
async function startCollector(): Promise<{ url: string; spans: SentSpan[]; close(): void }> {
  const spans: SentSpan[] = [];
  const collect = async (request: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const { resourceSpans } = (await json(request)) as Sent;
    for (const { scopeSpans } of resourceSpans)
      spans.push(...scopeSpans.flatMap((scope) => scope.spans));
    answer.setHeader('content-type', 'application/json').end('{}');
  };
  const server = createServer((request, answer) => void collect(request, answer));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, spans, close: () => void server.close() };
}

test(
  'a request is one trace from its caller over the service to the database, with its id',
  async () => {
    const collector = await startCollector();
    const folder = await mkdtemp(join(tmpdir(), 'weirhouse-trace-'));
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
    const command = readCommand([], { WEIRHOUSE_HOME: join(folder, 'home'), WEIRHOUSE_PORT: '0' });
    if (command.kind !== 'serve') throw new Error('expected to serve');
    const house = await startControlPlane({
      config: command.config,
      openLog: () => SILENT_LOG,
      environment,
      instead: { provisioner: new FakeProvisioner() },
    });
    const { keyId, secret } = await createTenant(house.app);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const answer = await fetch(`${house.url}/org/v2/environments`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${keyId}:${secret}`).toString('base64')}`,
        'content-type': 'application/json',
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      },
      body: JSON.stringify({ display_name: 'traced' }),
    });
    expect(answer.status).toBe(201);
    await house.stop();
    vi.unstubAllEnvs();
    collector.close();
    await rm(folder, { recursive: true });

    const spans = collector.spans.filter((span) => span.traceId === traceId);
    const named = (name: string): SentSpan | undefined => spans.find((span) => span.name === name);
    const root = named('POST /org/v2/environments');
    const service = named('createOrgV2Environment');
    expect(root?.parentSpanId).toBe('b7ad6b7169203331');
    expect(named('authenticate')?.parentSpanId).toBe(root?.spanId);
    expect(service?.parentSpanId).toBe(root?.spanId);
    expect(service?.events.map(({ name }) => name)).toContain('authorize');
    expect(named('database INSERT')?.parentSpanId).toBe(service?.spanId);
    const idOf = (span: SentSpan | undefined): unknown =>
      span?.attributes.find(({ key }) => key === 'weirhouse.request_id')?.value.stringValue;
    expect(idOf(named('database INSERT'))).toBe(answer.headers.get('x-request-id'));
  },
  SETUP_MAX_MS,
);

test.each([
  { environment: {}, asks: false },
  { environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' }, asks: true },
  { environment: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/v1/traces' }, asks: true },
  {
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_SDK_DISABLED: 'true' },
    asks: false,
  },
  {
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_TRACES_EXPORTER: 'none' },
    asks: false,
  },
])('spans are wanted: $asks for $environment', ({ asks, environment }) => {
  expect(asksForSpans(environment)).toBe(asks);
});
