import type { Sight } from "@maquette/engine/host/pictures";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { LIMITS } from "../../config/limits.ts";
import type { Context } from "../../context.ts";
import { type GivenImage, readImages } from "../../requests/given-images.ts";
import { fetchPicture } from "../../worker/fetch-picture.ts";
import type { AccountGuards } from "../account-guards.ts";
import { invalid } from "../errors.ts";
import { parseViews } from "../parse-options.ts";
import { bodyFields } from "../request-fields.ts";
import { errors, inspectionBodies, Nullable } from "../schemas.ts";

const schema = {
  summary: "Look at images before sending them: what is cut out, from where it is seen, what is wrong",
  tags: ["Assets"],
  body: inspectionBodies,
  response: {
    200: Type.Object({
      images: Type.Array(
        Type.Object({
          width: Nullable(Type.Integer()),
          height: Nullable(Type.Integer()),
          matte: Nullable(
            Type.Object({
              source: Type.String({ enum: ["alpha", "border", "learned"] }),
              confidence: Type.Number({ minimum: 0, maximum: 1 }),
              coverage: Type.Number({ minimum: 0, maximum: 1, description: "Share of the image that is object" }),
            }),
          ),
          cutout: Nullable(Type.String({ description: "data: URL of a PNG, the object without its background" })),
          view: Nullable(
            Type.Object({
              label: Nullable(Type.String()),
              azimuth: Type.Number(),
              elevation: Type.Number(),
              posedBy: Type.String({ enum: ["hint", "order", "estimate"] }),
            }),
          ),
          notes: Type.Array(Type.String(), { description: "What would come as a warning" }),
          problem: Nullable(Type.Object({ code: Type.String(), message: Type.String() })),
        }),
      ),
      warnings: Type.Array(Type.String(), {
        description: "What would come as a warning on how the images go together",
      }),
    }),
    ...errors(400, 401, 413, 415, 429),
  },
};

/** What the engine sees of pictures, without making anything. */
export function inspectionRoutes(app: FastifyInstance, context: Context, guards: AccountGuards): void {
  app.post(
    "/inspections",
    {
      schema,
      bodyLimit: LIMITS.processBodyBytes,
      onRequest: async (request, reply) => guards.upload(request, reply),
    },
    async (request) => {
      const fields = bodyFields(request);
      // The engine says what is wrong with each picture; here, one that cannot be used is no refusal of the others.
      const images = readImages(fields, context.policy, false);
      if (images.length === 0) throw invalid("missing images: send 1 to 6 as files or imageUrls");
      const views = parseViews(fields, images.length);
      const loaded = await Promise.all(images.map((image, index) => load(context, image, index)));
      const readable = loaded.flatMap((entry, i) => ("data" in entry ? [{ data: entry.data, view: views[i]! }] : []));
      const { sights, warnings } =
        readable.length === 0
          ? { sights: [], warnings: [] }
          : await context.pictures.inspect(
              readable.map(({ data }) => data),
              readable.map(({ view }) => view),
            );
      let next = 0;
      return {
        images: loaded.map((entry) => present("data" in entry ? sights[next++]! : unreadable(entry.problem))),
        warnings: readable.length === loaded.length ? warnings : [],
      };
    },
  );
}

type Loaded = { data: Uint8Array } | { problem: NonNullable<Sight["problem"]> };

async function load(context: Context, image: GivenImage, index: number): Promise<Loaded> {
  if (image.kind === "bytes") return { data: image.data };
  try {
    const { data } = await fetchPicture(image.url, index, {
      policy: context.policy,
      signal: AbortSignal.timeout(20_000),
      ...(context.resolve ? { resolve: context.resolve } : {}),
    });
    return { data };
  } catch (error) {
    const { code = "image_unreachable", message } = error as { code?: string; message: string };
    return { problem: { code: String(code), message: message.replace(/^Image \d+:? /, "") } };
  }
}

function unreadable(problem: NonNullable<Sight["problem"]>): Sight {
  return { width: null, height: null, matte: null, cutout: null, view: null, notes: [], problem };
}

function present({ cutout, ...sight }: Sight) {
  return {
    ...sight,
    cutout: cutout === null ? null : `data:image/png;base64,${Buffer.from(cutout).toString("base64")}`,
  };
}
