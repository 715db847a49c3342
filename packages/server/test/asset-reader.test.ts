import { expect, it } from "vitest";
import { onBothDatabases } from "./support/databases.ts";
import { createClient } from "./support/start.ts";

const OWN = "/api/maquette/v1";

onBothDatabases("fetchRequest, asked again and again", (start, kind) => {
  it("is never older than the question, whichever server wrote last", async () => {
    const first = await start();
    const shared = first.server.context.config.databaseUrl;
    // On PostgreSQL everything is written through one server and read from another beside it.
    const second = kind === "embedded" || shared === null ? first : await start({ shared, dataDir: first.dataDir });
    const writer = await first.account();
    const reader = second === first ? writer : await createClient(second.url, writer, writer.email);
    writer.headers = reader.headers;
    const requestID = await writer.process({ name: "Fox" });
    await writer.finished(requestID);
    const seen = async () => {
      // Twice: the second time there is something to remember.
      await reader.fetchRequest(requestID);
      return reader.fetchRequest(requestID);
    };
    expect((await seen()).body.iterations[0].status).toBe("completed");

    await writer.post(`${OWN}/requests/${requestID}/iterations/0/approve`);
    expect((await seen()).body.iterations[0].status).toBe("approved");
    await writer.post(`${OWN}/requests/${requestID}/iterations`, { height: 10 });
    expect((await seen()).body.iterations).toHaveLength(2);
    await writer.finished(requestID);
    expect((await seen()).body.iterations[1].status).toBe("completed");

    const stranger = await second.account();
    expect((await stranger.fetchRequest(requestID)).status).toBe(404);
    await writer.request("DELETE", `${OWN}/requests/${requestID}`);
    expect((await seen()).status).toBe(404);
  });

  it("notices at once that a key or a membership is gone", async () => {
    const server = await start();
    const [owner, member] = [await server.account(), await server.account()];
    const studioID = (await owner.post(`${OWN}/studios`, { name: "Team" })).body.studioID;
    await owner.post(`${OWN}/studios/${studioID}/members`, { email: member.email });
    const requestID = await owner.process({ studioID });
    for (let i = 0; i < 2; i++) expect((await member.fetchRequest(requestID)).status).toBe(200);
    await owner.request("DELETE", `${OWN}/studios/${studioID}/members/${member.devID}`);
    expect((await member.fetchRequest(requestID)).status).toBe(404);
    expect((await owner.fetchRequest(requestID)).status).toBe(200);
    await owner.post(`${OWN}/credentials/api-key`);
    expect((await owner.fetchRequest(requestID)).status).toBe(401);
  });

  it("answers many who ask at once, each for what is his", async () => {
    const server = await start();
    const clients = await Promise.all(Array.from({ length: 5 }, () => server.account()));
    const ids = await Promise.all(clients.map((client) => client.process()));
    const answers = await Promise.all(
      clients.flatMap((client, i) =>
        ids.map(async (id, k) => ({ own: i === k, answer: await client.fetchRequest(id) })),
      ),
    );
    for (const { own, answer } of answers) expect(answer.status).toBe(own ? 200 : 404);
  });
});
