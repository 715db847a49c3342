import { sql } from "kysely";
import { expect, it } from "vitest";
import { onBothDatabases } from "../../packages/server/test/support/databases.ts";
import { type Client, onScaledMode, type Start, standInEngine, startReceiver, until } from "../support/api.ts";

const ACCOUNTS = 20;

onBothDatabases("contract 6, a thousand requests at once from twenty accounts", (start, kind) =>
  defineLoad(start, kind, 1000),
);

// Fewer, since a store in this process takes its time.
onScaledMode("contract 6, two hundred requests at once from twenty accounts", (start) =>
  defineLoad(start, "scaled", 200),
);

function defineLoad(start: Start, kind: string, calls: number): void {
  it("are each one request, one job and one success message, and nobody waits behind another's queue", async () => {
    const receiver = await startReceiver();
    const server = await start({ runEngine: standInEngine({ ms: 1 }), env: { MAQUETTE_CONCURRENCY: "4" } });
    const clients: Client[] = [];
    for (let i = 0; i < ACCOUNTS; i++) {
      const client = await server.account();
      const { body } = await client.post("/api/v1/registerHook", {
        devID: client.devID,
        destination: `${receiver.url}/${i}`,
      });
      client.headers.authorization = body.jwt;
      clients.push(client);
    }
    const began = performance.now();
    // The first account asks for as much as all others together.
    const owner = (i: number) => clients[i % 2 === 0 ? 0 : 1 + (((i - 1) / 2) % (ACCOUNTS - 1))]!;
    const answers = await Promise.all(
      Array.from({ length: calls }, (_, i) =>
        owner(i).post("/api/v1/process", { test: true, imageUrls: ["https://example.com/a.png"] }),
      ),
    );
    const accepted = performance.now();
    const ids = answers.filter((answer) => answer.status === 201).map((answer) => answer.body.requestID as string);
    expect(ids).toHaveLength(calls);
    expect(new Set(ids).size).toBe(calls);
    await until(() => receiver.received.length >= calls, 180_000);
    const done = performance.now();
    await new Promise((later) => setTimeout(later, 300));

    const messages = receiver.received.map((received) => received.body);
    expect(messages.every((message) => message.status === "success")).toBe(true);
    expect(new Set(messages.map((message) => message.requestID))).toEqual(new Set(ids));
    expect(new Set(receiver.received.map((received) => received.headers["webhook-id"])).size).toBe(calls);
    expect(receiver.received).toHaveLength(calls);
    const { rows } = await sql<{ requests: number; iterations: number; jobs: number; attempts: number }>`select
      (select count(*)::int from request) as requests, (select count(*)::int from iteration) as iterations,
      (select count(*)::int from pgboss.job where name = 'asset') as jobs,
      (select max(attempt) from iteration) as attempts`.execute(server.server.context.db);
    expect(rows[0]).toEqual({ requests: calls, iterations: calls, jobs: calls, attempts: 1 });
    // All accounts but the greedy one are served in the first part of the time, in which it gets its turns too.
    const place = new Map(messages.map((message, at) => [message.requestID, at]));
    const last = Math.max(
      ...answers.map((answer, i) => (owner(i) === clients[0] ? 0 : place.get(answer.body.requestID)!)),
    );
    expect(last).toBeLessThan(calls * 0.75);
    console.log(
      `${kind}: ${calls} accepted in ${Math.round(accepted - began)} ms, all delivered after ${Math.round(done - began)} ms`,
    );
    await receiver.close();
  }, 240_000);
}
