import fastify from "fastify";
import { answerParent } from "./answer-parent.ts";

const app = fastify();
app.get("/", async () => ({ status: "ok" }));
const url = await app.listen({ port: 0, host: "127.0.0.1" });
answerParent({ url, headers: {}, devID: "", requestID: "" }, () => app.close());
