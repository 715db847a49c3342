import { afterAll, beforeAll, describe } from "vitest";
import { startPostgres } from "./postgres.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "./start.ts";

/** Starts a server on the database under test; a second call on the same `shared` is a second server beside the first. */
export type Start = (options?: StartOptions) => Promise<TestServer>;
export type StartOptions = TestServerOptions & { shared?: string };

/** What servers stand on, for one test file. */
export interface Ground {
  start(options: StartOptions): Promise<TestServer>;
  close(): Promise<void>;
}

export const embedded = async (): Promise<Ground> => ({ start: startTestServer, close: async () => {} });

async function onPostgres(): Promise<Ground> {
  const postgres = await startPostgres();
  return {
    start: async ({ shared, ...options }) =>
      startTestServer({ databaseUrl: shared ?? (await postgres.createDatabase()), ...options }),
    close: () => postgres.stop(),
  };
}

/** Runs promises on a ground that is prepared before them, and closes their servers and it after them. */
export function describeOn(name: string, prepare: () => Promise<Ground>, define: (start: Start) => void): void {
  describe(name, () => {
    let ground: Ground;
    const servers: TestServer[] = [];
    beforeAll(async () => {
      ground = await prepare();
    });
    afterAll(async () => {
      for (const server of servers) await server.close();
      await ground.close();
    });
    define(async (options = {}) => {
      const server = await ground.start(options);
      servers.push(server);
      return server;
    });
  });
}

/** Runs the same promises on the embedded database and on a real PostgreSQL. */
export function onBothDatabases(name: string, define: (start: Start, kind: "embedded" | "postgres") => void): void {
  describeOn(`${name}, embedded`, embedded, (start) => define(start, "embedded"));
  describeOn(`${name}, PostgreSQL`, onPostgres, (start) => define(start, "postgres"));
}
