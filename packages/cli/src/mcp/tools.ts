import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { LEVELS, OPTION_LIMITS, UP_AXES, VIEW_LABELS } from "@maquette/engine";
import { type CallToolResult, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import manifest from "../../package.json" with { type: "json" };
import { RESULT_FORMATS, saveFiles } from "../remote/save-files.ts";
import {
  type Fields,
  type Iteration,
  type ModelSource,
  type PictureSource,
  pickIteration,
  type RemoteAsset,
  type ServerClient,
  ServerError,
} from "../remote/server-client.ts";

/** How the tools may use the machine that they run on. */
export interface ToolOptions {
  /** Whether callers may name files here, to send and to write: true where they own the machine (stdio). */
  files: boolean;
}

/** A call that waits longer than most clients do is of no use to them. */
const WATCH_SECONDS = { default: 50, max: 600 };

const Picture = z.object({
  path: z.string().optional().describe("A picture file on this machine"),
  url: z.string().optional().describe("An http, https or data: URL that the server fetches"),
  data: z.string().optional().describe("The bytes of the picture, base64"),
  view: z
    .enum([...VIEW_LABELS, "auto"])
    .optional()
    .describe("The side of the object that it shows; 'left' is the object's own left"),
});

const Options = {
  quality: z
    .enum(Object.keys(LEVELS) as [string, ...string[]])
    .optional()
    .describe("Level of quality; standard unless given"),
  polycount: z
    .int()
    .min(OPTION_LIMITS.polycount.min)
    .max(OPTION_LIMITS.polycount.max)
    .optional()
    .describe("No file has more triangles than this"),
  height: z.number().positive().optional().describe("Centimetres; 200 if no size is given"),
  width: z.number().positive().optional().describe("Centimetres"),
  depth: z.number().positive().optional().describe("Centimetres"),
  topology: z.enum(["quad", "triangle"]).optional(),
  pivot: z.enum(["center", "base"]).optional(),
  textureSize: z.literal([256, 512, 1024, 2048, 4096]).optional().describe("Texels a side"),
  collision: z.enum(["none", "convex"]).optional().describe("Hulls for physics engines in GLB, glTF and FBX"),
  compression: z
    .enum(["none", "meshopt"])
    .optional()
    .describe("Smaller GLB files, for readers that know EXT_meshopt_compression"),
  seed: z.int().min(0).optional(),
};

const Model = z.object({
  path: z.string().optional().describe("A model file on this machine: GLB, glTF, OBJ, FBX, or a zip of one"),
  url: z.string().optional().describe("An http, https or data: URL that the server fetches"),
  data: z.string().optional().describe("The bytes of the file, base64"),
});

const RequestID = z.string().describe("The requestID that create_asset or list_assets gave");

const Version = z.object({
  iterationID: z.string(),
  status: z.enum(["new", "completed", "dismissed", "approved", "uploaded"]),
  stage: z.string().nullable().describe("What is being done, while the status is new"),
  progress: z.number().describe("0 to 1"),
  dismissedReason: z.string().nullable().describe("Why nothing could be made, in words for the user"),
  triangles: z.number().nullable(),
  editDescription: z.string().nullable(),
  warnings: z.array(z.string()),
  files: z.record(z.string(), z.string()).describe("One download link a format; each works for an hour"),
});

const Asset = z.object({
  requestID: z.string(),
  name: z.string(),
  createdAt: z.string(),
  versions: z.array(Version).describe("Oldest first"),
});

/** An MCP server whose tools make, follow, fetch, list and revise assets on a Maquette server. */
export function createMcpServer(client: ServerClient, options: ToolOptions): McpServer {
  const server = new McpServer(
    { name: "maquette", title: "Maquette", version: manifest.version },
    {
      instructions:
        "Makes textured 3D assets from one to six pictures of one object. create_asset returns at once; watch_asset " +
        "waits for the result and shows it. Several sides of the object give a better shape than one.",
    },
  );

  server.registerTool(
    "create_asset",
    {
      title: "Make a 3D asset from pictures",
      description: "Starts an asset from one to six pictures of one object. Returns its requestID; then watch_asset.",
      inputSchema: z.object({
        pictures: z.array(Picture).min(OPTION_LIMITS.pictures.min).max(OPTION_LIMITS.pictures.max),
        name: z.string().optional(),
        tags: z.array(z.string()).optional(),
        projectID: z.string().optional().describe("The style that the asset takes"),
        test: z.boolean().optional().describe("Deliver a plain cube at once; the pictures are not looked at"),
        ...Options,
      }),
      outputSchema: z.object({ requestID: z.string(), warnings: z.array(z.string()) }),
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    },
    ({ pictures, quality, ...fields }) =>
      answer(async () => {
        const sources = await Promise.all(pictures.map((picture, i) => readPicture(picture, i, options)));
        const made = await client.create(sources, { LoQ: quality, ...fields } as Fields);
        return { structured: made, text: `Started ${made.requestID}. Call watch_asset with it.` };
      }),
  );

  server.registerTool(
    "finish_model",
    {
      title: "Bring a 3D model into shape",
      description:
        "Repairs a model that there is (holes, flipped and repeated faces, crumbs, base plates) and makes it game-ready " +
        "in all formats, with UVs and a re-baked texture. Returns its requestID; then watch_asset.",
      inputSchema: z.object({
        model: Model,
        name: z.string().optional(),
        tags: z.array(z.string()).optional(),
        projectID: z.string().optional().describe("The style that the asset takes"),
        up: z.enum(UP_AXES).optional().describe("The model's axis that points up, if its format is wrong about it"),
        keepLoose: z.boolean().optional().describe("Keep small pieces that are far from everything else"),
        keepBase: z.boolean().optional().describe("Keep a plate on which the model stands"),
        test: z.boolean().optional().describe("Deliver a plain cube at once; the model is not looked at"),
        ...Options,
        height: z.number().positive().optional().describe("Centimetres; the model's own size if none is given"),
      }),
      outputSchema: z.object({ requestID: z.string(), warnings: z.array(z.string()) }),
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    },
    ({ model, quality, ...fields }) =>
      answer(async () => {
        const source = await readSource(model, "The model", "model", options);
        const made = await client.finish(source, { LoQ: quality, ...fields } as Fields);
        return { structured: made, text: `Started ${made.requestID}. Call watch_asset with it.` };
      }),
  );

  server.registerTool(
    "watch_asset",
    {
      title: "Wait for an asset",
      description:
        "Waits until the newest version of an asset is done and shows its preview, or returns how far it is when the " +
        "time is up; then call it again.",
      inputSchema: z.object({
        requestID: RequestID,
        timeoutSeconds: z.number().min(0).max(WATCH_SECONDS.max).default(WATCH_SECONDS.default),
      }),
      outputSchema: Asset,
      annotations: { readOnlyHint: true },
    },
    ({ requestID, timeoutSeconds }, context) =>
      answer(async () => {
        const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
        const signal = AbortSignal.any([timeout, context.mcpReq.signal]);
        const { progressToken } = context.mcpReq._meta ?? {};
        const onProgress = ({ progress, stage }: Iteration) => {
          if (progressToken === undefined) return;
          void context.mcpReq.notify({
            method: "notifications/progress",
            params: { progressToken, progress, total: 1, message: stage ?? "queued" },
          });
        };
        try {
          await client.watch(requestID, { signal, onProgress });
        } catch (error) {
          if (!timeout.aborted) throw error;
        }
        return present(client, await client.get(requestID));
      }),
  );

  server.registerTool(
    "fetch_asset",
    {
      title: "Look at an asset and fetch its files",
      description: "Shows a finished version with its preview and download links, and saves its files if asked to.",
      inputSchema: z.object({
        requestID: RequestID,
        iterationID: z.string().optional().describe("An older version; the newest unless given"),
        saveTo: z.string().optional().describe("A folder on this machine to save the files in"),
        formats: z.array(z.enum(RESULT_FORMATS)).optional().describe("Which files to save; all unless given"),
      }),
      outputSchema: Asset.extend({ saved: z.array(z.string()) }),
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
    },
    ({ requestID, iterationID, saveTo, formats }) =>
      answer(async () => {
        if (saveTo !== undefined && !options.files)
          throw new Error("saveTo can be used over stdio only: take the links");
        const asset = await client.get(requestID);
        const saved =
          saveTo === undefined ? [] : await saveFiles(client, pickIteration(asset, iterationID), saveTo, formats);
        const shown = await present(client, asset, iterationID);
        return {
          ...shown,
          text: saved.length > 0 ? `${shown.text}\nSaved ${saved.join(", ")}` : shown.text,
          structured: { ...shown.structured, saved },
        };
      }),
  );

  server.registerTool(
    "list_assets",
    {
      title: "List assets",
      description: "The account's assets, newest first, those in the making included.",
      inputSchema: z.object({
        limit: z.int().min(1).max(200).default(20),
        cursor: z.string().optional().describe("nextCursor of the page before"),
      }),
      outputSchema: z.object({ assets: z.array(Asset), nextCursor: z.string().nullable() }),
      annotations: { readOnlyHint: true },
    },
    ({ limit, cursor }) =>
      answer(async () => {
        const { assets, nextCursor } = await client.list({ limit, cursor });
        const lines = assets.map((asset) => `${asset.requestID}  ${pickIteration(asset).status}  ${asset.name}`);
        return {
          structured: { assets: assets.map((asset) => describe(asset)), nextCursor: nextCursor ?? null },
          text: lines.join("\n") || "There are no assets yet.",
        };
      }),
  );

  server.registerTool(
    "revise_asset",
    {
      title: "Make a new version of an asset",
      description:
        "Makes a new version with other options, new pictures, or wishes in words (size, polygons, quality, colours, " +
        "pivot). Older versions stay. A wish that is not understood is refused with a list of those that are.",
      inputSchema: z.object({
        requestID: RequestID,
        description: z.string().optional().describe("Wishes, such as '120 cm tall, half the polygons'"),
        pictures: z.array(Picture).max(OPTION_LIMITS.pictures.max).optional(),
        pictureMode: z.enum(["replace", "add"]).optional().describe("What the new pictures do; replace unless given"),
        ...Options,
      }),
      outputSchema: z.object({
        requestID: z.string(),
        iterationID: z.string(),
        applied: z.array(z.string()),
        warnings: z.array(z.string()),
      }),
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
    },
    ({ requestID, description, pictures = [], pictureMode, quality, ...fields }) =>
      answer(async () => {
        const sources = await Promise.all(pictures.map((picture, i) => readPicture(picture, i, options)));
        const { iterationID, applied, warnings } = await client.revise(requestID, sources, {
          editDescription: description,
          imageMode: pictureMode,
          LoQ: quality,
          ...fields,
        } as Fields);
        return {
          structured: { requestID, iterationID, applied, warnings },
          text: `Started version ${iterationID}${applied.length > 0 ? `: ${applied.join(", ")}` : ""}.`,
        };
      }),
  );

  return server;
}

interface Shown {
  structured: Record<string, unknown>;
  text: string;
  image?: { data: string; mimeType: string };
}

/** A tool's answer. What went wrong is an answer too: the model reads the sentence and can do better. */
async function answer(run: () => Promise<Shown>): Promise<CallToolResult> {
  try {
    const { structured, text, image } = await run();
    return {
      content: [{ type: "text", text }, ...(image ? [{ type: "image" as const, ...image }] : [])],
      structuredContent: structured,
    };
  } catch (error) {
    const code = error instanceof ServerError && error.code ? ` (${error.code})` : "";
    return { isError: true, content: [{ type: "text", text: `${(error as Error).message}${code}` }] };
  }
}

function describe(asset: RemoteAsset): z.infer<typeof Asset> {
  return {
    requestID: asset.requestID,
    name: asset.name,
    createdAt: asset.createdAt,
    versions: asset.iterations.map((iteration) => ({
      iterationID: iteration.iterationID,
      status: iteration.status,
      stage: iteration.stage,
      progress: iteration.progress,
      dismissedReason: iteration.dismissedReason,
      triangles: iteration.triangles,
      editDescription: iteration.editDescription,
      warnings: iteration.warnings,
      files: iteration.results ?? {},
    })),
  };
}

/** An asset in words, with the turntable picture of the version that is looked at. */
async function present(client: ServerClient, asset: RemoteAsset, iterationID?: string): Promise<Shown> {
  const iteration = pickIteration(asset, iterationID);
  const preview = iteration.results?.preview;
  const image = preview
    ? { data: Buffer.from((await client.download(preview)).bytes).toString("base64"), mimeType: "image/png" }
    : undefined;
  return { structured: describe(asset), text: tell(asset, iteration), ...(image ? { image } : {}) };
}

function tell({ name }: RemoteAsset, iteration: Iteration): string {
  const { iterationID, status, stage, progress, dismissedReason, triangles } = iteration;
  const what = `${name}, version ${iterationID}`;
  if (status === "new")
    return `${what}: ${stage ?? "queued"}, ${Math.round(progress * 100)} %. Call watch_asset again.`;
  if (status === "dismissed") return `${what} could not be made. ${dismissedReason}`;
  const formats = Object.keys(iteration.results ?? {});
  return `${what} is done${triangles === null ? "" : `: ${triangles} triangles`}. Formats: ${formats.join(", ")}`;
}

async function readPicture(
  { view, ...source }: z.infer<typeof Picture>,
  index: number,
  options: ToolOptions,
): Promise<PictureSource> {
  const picture = await readSource(source, `Picture ${index + 1}`, `picture${index + 1}`, options);
  return { ...picture, ...(view ? { view } : {}) };
}

/** @param what begins the sentence that says what is wrong. @param name of what came as bare bytes */
async function readSource(
  { path, url, data }: z.infer<typeof Model>,
  what: string,
  name: string,
  { files }: ToolOptions,
): Promise<ModelSource> {
  const sources = [path, url, data].filter((source) => source !== undefined);
  if (sources.length !== 1) throw new Error(`${what}: give one of path, url and data`);
  if (url !== undefined) return { url };
  if (data !== undefined) return { name, data: Buffer.from(data, "base64") };
  if (!files) throw new Error(`${what}: a path can be used over stdio only: give its data or a url`);
  const bytes = await readFile(path!).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === "ENOENT" ? `There is no file ${path}` : `Cannot read ${path}: ${error.message}`);
  });
  return { name: basename(path!), data: bytes };
}
