import { afterAll, beforeAll, describe } from "vitest";
import { startPostgres, type TestPostgres } from "./postgres.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "./start.ts";

/** Starts a server on the database under test; a second call on the same `shared` is a second server beside the first. */
export type Start = (options?: TestServerOptions & { shared?: string }) => Promise<TestServer>;

/** Runs the same promises on the embedded database and on a real PostgreSQL. */
export function onBothDatabases(name: string, define: (start: Start, kind: "embedded" | "postgres") => void): void {
  describe(`${name}, embedded`, () => {
    const servers: TestServer[] = [];
    afterAll(async () => {
      for (const server of servers) await server.close();
    });
    define(async (options) => {
      const server = await startTestServer(options);
      servers.push(server);
      return server;
    }, "embedded");
  });

  describe(`${name}, PostgreSQL`, () => {
    let postgres: TestPostgres;
    const servers: TestServer[] = [];
    beforeAll(async () => {
      postgres = await startPostgres();
    });
    afterAll(async () => {
      for (const server of servers) await server.close();
      await postgres.stop();
    });
    define(async ({ shared, ...options } = {}) => {
      const server = await startTestServer({ databaseUrl: shared ?? (await postgres.createDatabase()), ...options });
      servers.push(server);
      return server;
    }, "postgres");
  });
}
