import {
  type Attributes,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { Logger } from "pino";
import manifest from "../../package.json" with { type: "json" };

/** A place in a trace as it travels: in HTTP headers, and in the rows of jobs (W3C Trace Context). */
export interface TraceCarrier {
  traceparent?: string;
  tracestate?: string;
}

export interface Tracing {
  /** @param parent a span of this process, or what came with a request or job; null begins a trace */
  start(name: string, kind: SpanKind, parent: Span | TraceCarrier | null, attributes?: Attributes): Span;
  /** What hands the trace on; undefined where there is none. */
  carry(span: Span): TraceCarrier | undefined;
  /** Sends what has not been sent, for two seconds at most. */
  close(): Promise<void>;
}

export interface TracingOptions {
  /** Of an OTLP/HTTP receiver, without `/v1/traces`. */
  endpoint: string;
  service: string;
  /** Share of the traces that begin here and are recorded. Those that begin elsewhere say so themselves. */
  ratio: number;
}

const CLOSE_MS = 2000;

/** Traces that go nowhere and cost nothing. */
export const NO_TRACING: Tracing = {
  start: () => trace.wrapSpanContext(INVALID_SPAN_CONTEXT),
  carry: () => undefined,
  close: async () => {},
};

/** Sends spans to an OTLP/HTTP receiver, in the background. A receiver that is away costs spans, never a request. */
export async function openTracing({ endpoint, service, ratio }: TracingOptions, log: Logger): Promise<Tracing> {
  // Loaded only where somebody wants it: 20 MB.
  const [{ setGlobalErrorHandler }, { OTLPTraceExporter }, { resourceFromAttributes }, sdk] = await Promise.all([
    import("@opentelemetry/core"),
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/sdk-trace"),
  ]);
  setGlobalErrorHandler((error) => log.warn({ err: error }, "traces cannot be sent"));
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, "")}/v1/traces` });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ "service.name": service, "service.version": manifest.version }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer("maquette", manifest.version);
  const format = new W3CTraceContextPropagator();
  const read = { keys: Object.keys, get: (carrier: TraceCarrier, key: string) => carrier[key as keyof TraceCarrier] };
  return {
    start(name, kind, parent, attributes = {}) {
      const context =
        parent === null
          ? ROOT_CONTEXT
          : "spanContext" in parent
            ? trace.setSpan(ROOT_CONTEXT, parent)
            : format.extract(ROOT_CONTEXT, parent, read);
      return tracer.startSpan(name, { kind, attributes }, context);
    },
    carry(span) {
      if (!isSpanContextValid(span.spanContext())) return undefined;
      const carrier: TraceCarrier = {};
      format.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, {
        set: (target, key, value) => {
          target[key as keyof TraceCarrier] = value;
        },
      });
      return carrier;
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

/** Does some work under a span of its own, which ends with it and says whether it failed. */
export async function traced<T>(
  tracing: Tracing,
  name: string,
  parent: Span,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracing.start(name, SpanKind.INTERNAL, parent);
  try {
    return await work(span);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    span.end();
  }
}

/**
 * Spans of stages that follow each other, from reports of progress. The engine's process has no network to send any
 * itself.
 */
export function traceStages(tracing: Tracing, parent: Span): { enter(stage: string): void; end(): void } {
  let current: { stage: string; span: Span } | null = null;
  return {
    enter(stage) {
      if (current?.stage === stage) return;
      current?.span.end();
      current = { stage, span: tracing.start(`engine: ${stage}`, SpanKind.INTERNAL, parent) };
    },
    end() {
      current?.span.end();
      current = null;
    },
  };
}
