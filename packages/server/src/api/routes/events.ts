import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import type { Context } from "../../context.ts";
import { visibleTo } from "../../requests/load-assets.ts";

/** Between two looks at the database. Progress is written every half second. */
const POLL_MS = 500;
/** A comment now and then, so that proxies keep the stream. */
const ALIVE_MS = 20_000;
/** How far back an ended iteration is still news to a stream that has not told it. */
const NEWS_MS = 30_000;

interface State {
  request_id: string;
  number: number;
  status: string;
  stage: string | null;
  progress: number;
  ahead: number | null;
}

/**
 * Server-sent events about an account's assets: one look at the database serves all streams of the account, and every
 * server of an installation tells of every worker's work.
 */
export function eventRoutes(app: FastifyInstance, context: Context): void {
  const hubs = new Map<string, Hub>();
  app.addHook("preClose", async () => {
    for (const hub of hubs.values()) hub.end();
  });

  app.get(
    "/events",
    {
      schema: {
        summary: "Follow your assets: server-sent events with status, stage and progress of what changes",
        tags: ["Assets"],
        response: {
          200: {
            description:
              'Events of type `iteration`, each with `{"requestID","iterationID","status","stage","progress","queuePosition"}`',
            content: { "text/event-stream": { schema: { type: "string" } } },
          },
        },
      },
    },
    (request, reply) => {
      const { accountId } = request.caller!;
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      });
      raw.write("retry: 2000\n\n");
      let hub = hubs.get(accountId);
      if (!hub) {
        hub = new Hub(context, accountId, () => hubs.delete(accountId));
        hubs.set(accountId, hub);
      }
      hub.add(raw);
    },
  );
}

class Hub {
  readonly #context: Context;
  readonly #accountId: string;
  readonly #onEmpty: () => void;
  readonly #streams = new Set<ServerResponse>();
  /** What was last told of each iteration. */
  readonly #told = new Map<string, string>();
  readonly #timers: NodeJS.Timeout[];
  #looking = false;

  constructor(context: Context, accountId: string, onEmpty: () => void) {
    this.#context = context;
    this.#accountId = accountId;
    this.#onEmpty = onEmpty;
    this.#timers = [
      setInterval(() => void this.#look(), POLL_MS),
      setInterval(() => this.#send(": alive\n\n"), ALIVE_MS),
    ];
  }

  add(stream: ServerResponse): void {
    this.#streams.add(stream);
    // A new stream hears where everything stands.
    this.#told.clear();
    stream.on("close", () => {
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.end();
    });
    void this.#look();
  }

  end(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#onEmpty();
    for (const stream of this.#streams) stream.end();
  }

  #send(text: string): void {
    for (const stream of this.#streams) stream.write(text);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      for (const state of await this.#states()) {
        const key = `${state.request_id}/${state.number}`;
        const data = JSON.stringify({
          requestID: state.request_id,
          iterationID: String(state.number),
          status: state.status,
          stage: state.stage,
          progress: Math.round(state.progress * 1000) / 1000,
          queuePosition: state.status === "running" ? 0 : state.ahead === null ? null : state.ahead + 1,
        });
        if (this.#told.get(key) === data) continue;
        this.#told.set(key, data);
        this.#send(`event: iteration\ndata: ${data}\n\n`);
      }
    } catch (error) {
      this.#context.log.warn({ err: error }, "cannot look for events");
    } finally {
      this.#looking = false;
    }
  }

  async #states(): Promise<State[]> {
    const since = new Date(this.#context.now() - NEWS_MS);
    const { rows } = await sql<State>`
      select i.request_id, i.number, i.status, i.stage, i.progress,
        case when i.status = 'queued' then (select count(*)::int from iteration q where q.status = 'queued'
          and (q.queue_tag, q.created_at, q.id) < (i.queue_tag, i.created_at, i.id)) end as ahead
      from iteration i join request r on r.id = i.request_id
      where r.deleted_at is null and ${visibleTo(this.#accountId)}
        and (i.status in ('queued', 'running') or i.completed_at > ${since})
      limit 500`.execute(this.#context.db);
    return rows;
  }
}
