/** What a span says about its work; no secret, and nothing that a caller wrote. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A piece of work that is being traced. */
export interface Span {
  /** Runs something as a part of it. */
  within<T>(work: () => T): T;
  /** Ends it; `failure` = what went wrong. */
  end(attributes?: SpanAttributes, failure?: unknown): void;
}

/** How a span begins. */
export interface SpanStart {
  readonly name: string;
  readonly kind: 'server' | 'client' | 'internal';
  readonly attributes?: SpanAttributes;
  /** W3C trace context of who asked (traceparent). */
  readonly parent?: string | undefined;
  /** It began this many milliseconds ago. */
  readonly agoMs?: number;
}

/** Takes spans somewhere. */
export interface SpanSink {
  begin(start: SpanStart): Span;
  /** Notes something within the present span. */
  note(name: string, attributes: SpanAttributes): void;
}

const UNTRACED: Span = { within: (work) => work(), end: () => undefined };

/** One for the process, like the context that spans live in; undefined = nobody wants spans. */
let sink: SpanSink | undefined;

/** Sends spans somewhere from now on; returns the function that ends that. */
export function sendSpansTo(taken: SpanSink): () => void {
  sink = taken;
  return () => {
    if (sink === taken) sink = undefined;
  };
}

/** Begins a span within the present one; costs nothing when nobody wants spans. */
export function beginSpan(start: SpanStart): Span {
  return sink?.begin(start) ?? UNTRACED;
}

/** Does work as a span within the present one. */
export async function traced<T>(start: SpanStart, work: () => Promise<T>): Promise<T> {
  if (sink === undefined) return work();
  const span = sink.begin(start);
  try {
    const result = await span.within(work);
    span.end();
    return result;
  } catch (error) {
    span.end({}, error);
    throw error;
  }
}

/** Notes something within the present span. */
export function noteInSpan(name: string, attributes: SpanAttributes): void {
  sink?.note(name, attributes);
}

/** Whether anybody wants spans. */
export function areSpansWanted(): boolean {
  return sink !== undefined;
}

/** Whether OpenTelemetry's environment variables ask for spans: there is an endpoint, and nothing turned them off. */
export function asksForSpans(environment: Readonly<Record<string, string | undefined>>): boolean {
  if (environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false;
  if (environment['OTEL_TRACES_EXPORTER'] === 'none') return false;
  const endpoint =
    environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return endpoint !== undefined && endpoint !== '';
}
