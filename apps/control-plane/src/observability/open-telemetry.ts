import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span as OtelSpan,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { isAppError } from '@weirhouse/shared-kernel';
import { systemTimers } from '../ports.ts';
import { within } from '../within.ts';
import { findScope } from './op-scope.ts';
import { sendSpansTo, type Span, type SpanSink } from './spans.ts';

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const;

/** How long the last spans may take to be sent, in milliseconds. */
const SHUTDOWN_MAX_MS = 2_000;

/**
 * Sends spans over OTLP/HTTP. Endpoint, headers, timeouts and batches are OpenTelemetry's own environment variables,
 * which its exporter reads; returns the function that sends what is left and ends it.
 */
export function startOpenTelemetry(
  serviceName: string,
  environment: Readonly<Record<string, string | undefined>>,
): () => Promise<void> {
  const contexts = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(contexts);
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': serviceName }))
      .merge(
        detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }),
      ),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratioOf(environment)) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const stopSending = sendSpansTo(sinkOf(provider));
  return async () => {
    stopSending();
    // A collector that is gone must not keep the process.
    await within(systemTimers, SHUTDOWN_MAX_MS, provider.shutdown());
    context.disable();
  };
}

/** The part of new traces that is sent; all of them when it is not said, or not a part. */
function ratioOf(environment: Readonly<Record<string, string | undefined>>): number {
  const ratio = Number(environment['OTEL_TRACES_SAMPLER_ARG'] ?? '1');
  return ratio >= 0 && ratio <= 1 ? ratio : 1;
}

function sinkOf(provider: TracerProvider): SpanSink {
  const tracer = provider.getTracer('weirhouse');
  const propagator = new W3CTraceContextPropagator();
  const getter = {
    get: (carrier: { readonly traceparent: string }) => carrier.traceparent,
    keys: () => ['traceparent'],
  };
  return {
    begin: ({ agoMs, attributes, kind, name, parent }) => {
      const around =
        parent === undefined
          ? context.active()
          : propagator.extract(ROOT_CONTEXT, { traceparent: parent }, getter);
      const requestId = findScope()?.requestId;
      const span = tracer.startSpan(
        name,
        {
          kind: KINDS[kind],
          attributes: {
            ...attributes,
            ...(requestId === undefined ? {} : { 'weirhouse.request_id': requestId }),
          },
          ...(agoMs === undefined ? {} : { startTime: Date.now() - agoMs }),
        },
        around,
      );
      return spanOf(span);
    },
    note: (name, attributes) => trace.getSpan(context.active())?.addEvent(name, attributes),
  };
}

function spanOf(span: OtelSpan): Span {
  const inside = trace.setSpan(context.active(), span);
  return {
    within: (work) => context.with(inside, work),
    end: (attributes = {}, failure) => {
      span.setAttributes(attributes);
      if (failure !== undefined) {
        // Messages may repeat what a caller sent.
        const message = isAppError(failure) ? failure.code : 'internal';
        span.setStatus({ code: SpanStatusCode.ERROR, message });
      }
      span.end();
    },
  };
}
