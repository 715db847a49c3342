import { afterAll, expect, it } from "vitest";
import { startTestServer, type TestServer } from "./support/start.ts";

const servers: TestServer[] = [];

async function start(trusted: string) {
  const logged: Record<string, unknown>[] = [];
  const server = await startTestServer({ logged, env: { MAQUETTE_TRUSTED_PROXIES: trusted } });
  servers.push(server);
  return { server, logged, client: await server.account() };
}

afterAll(async () => {
  for (const server of servers) await server.close();
});

/** As a proxy sends it on whose client has written a line of its own before. */
const FORWARDED = {
  "x-forwarded-for": "198.51.100.66, 203.0.113.9",
  "x-forwarded-proto": "https",
  "x-forwarded-host": "models.example.com",
};

it("believes a proxy that is named: its client's address, scheme and host", async () => {
  const { client, logged } = await start("10.0.0.0/8 127.0.0.1");
  const requestID = await client.process();
  await client.finished(requestID);
  const path = `/api/v1/fetchRequest?devID=${client.devID}&requestID=${requestID}`;
  const { body } = await client.request("GET", path, undefined, FORWARDED);
  expect(body.iterations[0].results.glb).toMatch(/^https:\/\/models\.example\.com\/files\//);
  const line = logged.filter((entry) => entry.route === "/api/v1/fetchRequest").at(-1)!;
  // What the client itself wrote to the left of its address is nobody's word but its own.
  expect(line.address).toBe("203.0.113.9");
});

it("believes nobody else, so that no client can name its own address", async () => {
  const { client, server, logged } = await start("10.0.0.0/8");
  const requestID = await client.process();
  await client.finished(requestID);
  const path = `/api/v1/fetchRequest?devID=${client.devID}&requestID=${requestID}`;
  const { body } = await client.request("GET", path, undefined, FORWARDED);
  expect(body.iterations[0].results.glb).toContain(`${server.url}/files/`);
  expect(logged.filter((entry) => entry.route === "/api/v1/fetchRequest").at(-1)!.address).toBe("127.0.0.1");
});

it("takes a scheme from a proxy only where it is one", async () => {
  const { client, server } = await start("127.0.0.1");
  const requestID = await client.process();
  await client.finished(requestID);
  const path = `/api/v1/fetchRequest?devID=${client.devID}&requestID=${requestID}`;
  const { body } = await client.request("GET", path, undefined, { "x-forwarded-proto": "javascript" });
  expect(body.iterations[0].results.glb).toContain(`${server.url}/files/`);
});
