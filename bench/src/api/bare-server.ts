import fastify from "fastify";
import pg from "pg";
import { answerParent } from "./answer-parent.ts";

const pool = process.env.DATABASE_URL ? new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 }) : null;
const app = fastify();
app.get("/", async () => ({ status: "ok" }));
/** What one question to the database costs, whatever it asks. */
if (pool) app.get("/select", async () => (await pool.query("select 1 as one")).rows[0]);
const url = await app.listen({ port: 0, host: "127.0.0.1" });
answerParent({ url, headers: {}, devID: "", requestID: "" }, async () => {
  await app.close();
  await pool?.end();
});
