import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";

/** The page styles its own elements; nothing else is inline, and nothing comes from elsewhere. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE = `
.swagger-ui .topbar { display: none; }
.swagger-ui .info { margin: 32px 0; }
.swagger-ui .scheme-container { box-shadow: none; border-block: 1px solid #ddd; }
`;

/** The OpenAPI document, and a page to read it on and to try it out. */
export async function referenceRoutes(app: FastifyInstance): Promise<void> {
  for (const path of ["/api/openapi.json", "/openapi.json"]) {
    app.get(path, { schema: { hide: true } }, async (_request, reply) => {
      reply.header("access-control-allow-origin", "*");
      return app.swagger();
    });
  }
  await app.register(swaggerUi, {
    routePrefix: "/api/docs",
    staticCSP: POLICY,
    uiConfig: { docExpansion: "list", deepLinking: true, defaultModelsExpandDepth: 0, tryItOutEnabled: false },
    theme: { title: "Maquette API", css: [{ filename: "maquette.css", content: STYLE }] },
  });
}
