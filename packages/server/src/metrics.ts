import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  registry: Registry;
  requests: Histogram<"method" | "route" | "status">;
  accepted: Counter<"quality" | "test">;
  finished: Counter<"outcome">;
  engineSeconds: Histogram<"quality">;
  generations: Counter<"generator" | "outcome">;
  generatorSeconds: Histogram<"generator">;
  generatorUp: Gauge<"generator">;
  generatorModels: Gauge<"generator" | "state">;
  attempts: Counter<"outcome">;
  queued: Gauge<"state">;
  pendingDeliveries: Gauge;
  storedBytes: Gauge;
  diskFree: Gauge;
  orphans: Counter;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    requests: new Histogram({
      name: "maquette_http_request_duration_seconds",
      help: "Time from the request's headers to the end of the answer",
      labelNames: ["method", "route", "status"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    accepted: new Counter({
      name: "maquette_assets_accepted_total",
      help: "Assets that were asked for and stored",
      labelNames: ["quality", "test"],
      registers,
    }),
    finished: new Counter({
      name: "maquette_assets_finished_total",
      help: "Assets that ended, by outcome (completed, or the code of the cause)",
      labelNames: ["outcome"],
      registers,
    }),
    engineSeconds: new Histogram({
      name: "maquette_engine_duration_seconds",
      help: "Time that an engine process took for an asset",
      labelNames: ["quality"],
      buckets: [0.1, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
      registers,
    }),
    generations: new Counter({
      name: "maquette_generations_total",
      help: "Models asked of generators, by outcome (made, failed, interrupted)",
      labelNames: ["generator", "outcome"],
      registers,
    }),
    generatorSeconds: new Histogram({
      name: "maquette_generator_duration_seconds",
      help: "Time from a generator's turn to its model or its failure, tries included",
      labelNames: ["generator"],
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
      registers,
    }),
    generatorUp: new Gauge({
      name: "maquette_generator_up",
      help: "Whether a generator would take a request now",
      labelNames: ["generator"],
      registers,
    }),
    generatorModels: new Gauge({
      name: "maquette_generator_models",
      help: "Models that a generator makes for this process, or that wait for their turn",
      labelNames: ["generator", "state"],
      registers,
    }),
    attempts: new Counter({
      name: "maquette_webhook_attempts_total",
      help: "Attempts to deliver webhook messages, by outcome",
      labelNames: ["outcome"],
      registers,
    }),
    queued: new Gauge({
      name: "maquette_assets_pending",
      help: "Assets that wait or run, over all servers",
      labelNames: ["state"],
      registers,
    }),
    pendingDeliveries: new Gauge({
      name: "maquette_webhook_deliveries_pending",
      help: "Webhook messages not yet delivered, over all servers",
      registers,
    }),
    storedBytes: new Gauge({
      name: "maquette_storage_bytes",
      help: "Pictures and files that are kept, over all accounts",
      registers,
    }),
    diskFree: new Gauge({
      name: "maquette_disk_free_bytes",
      help: "Room on the disk of the data folder; none where nothing is kept there",
      registers,
    }),
    orphans: new Counter({
      name: "maquette_orphans_removed_total",
      help: "Files that no asset had, removed by the daily sweep",
      registers,
    }),
  };
}
