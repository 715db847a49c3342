import { type TSchema, Type } from "typebox";
import { API_ERROR_CODES } from "./errors.ts";

/** The shapes of the API, for the OpenAPI document and the tests that hold real answers against it. */

export const Id = (description: string) => Type.String({ format: "uuid", description });
const Timestamp = (description: string) => Type.String({ format: "date-time", description });
const Nullable = <T extends TSchema>(schema: T, options = {}) => Type.Union([schema, Type.Null()], options);

export const ErrorBody = Type.Object(
  {
    status: Type.Literal("error"),
    message: Type.String({ description: "What was wrong and what to do" }),
    code: Type.String({ enum: Object.keys(API_ERROR_CODES), description: "Stable, for programs" }),
    cause: Type.Optional(Type.String()),
    requestID: Type.Optional(Type.String()),
  },
  { $id: "Error" },
);

/** The answers that any route may give. */
export const errors = (...statuses: number[]) =>
  Object.fromEntries(statuses.map((status) => [status, Type.Ref("Error")])) as Record<number, TSchema>;

export const CredentialHeaders = Type.Object({
  "x-api-key": Type.Optional(Type.String({ description: "API key" })),
  authorization: Type.Optional(Type.String({ description: "The JWT, bare or as `Bearer <jwt>`" })),
});

export const Quality = Type.String({ enum: ["standard", "high", "ultra"], description: "Level of quality" });

export const View = Type.Union(
  [
    Type.String({ enum: ["front", "right", "back", "left", "top", "bottom", "auto"] }),
    Type.Object({ azimuth: Type.Number(), elevation: Type.Number() }),
  ],
  { description: "From where a picture shows the object; `left` is the object's own left side" },
);

export const ProcessOptions = {
  LoQ: Type.Optional(Quality),
  polycount: Type.Optional(Type.Number({ minimum: 500, maximum: 300_000, description: "Upper limit of triangles" })),
  height: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, maximum: 100_000, description: "cm; 200 if no size is given" }),
  ),
  width: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 100_000, description: "cm" })),
  depth: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 100_000, description: "cm" })),
  views: Type.Optional(Type.Array(View, { description: "Parallel to the images" })),
  seed: Type.Optional(Type.Integer({ minimum: 0 })),
  topology: Type.Optional(Type.String({ enum: ["quad", "triangle"] })),
  pivot: Type.Optional(Type.String({ enum: ["center", "base"] })),
  textureSize: Type.Optional(Type.Integer({ enum: [256, 512, 1024, 2048, 4096] })),
  lods: Type.Optional(Type.Integer({ minimum: 0, maximum: 4 })),
};

export const ProcessBody = Type.Object({
  devID: Type.Optional(Id("Your developer ID")),
  imageUrls: Type.Optional(
    Type.Array(Type.String(), { description: "1 to 6 http, https or data URLs; or send files in any multipart field" }),
  ),
  ...ProcessOptions,
  test: Type.Optional(Type.Boolean({ description: "Deliver a plain cube; images are not looked at" })),
  projectID: Type.Optional(Nullable(Id("The style that the asset takes"))),
  studioID: Type.Optional(Nullable(Id("Your team"))),
  name: Type.Optional(Type.String({ maxLength: 128 })),
  tags: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 32 })),
});

export const Accepted = Type.Object({
  status: Type.Literal("success"),
  devID: Id("Your developer ID"),
  requestID: Id("Names the asset from now on"),
  message: Type.String(),
  warnings: Type.Optional(Type.Array(Type.String())),
});

export const Results = Type.Record(Type.String(), Type.String(), {
  description: "One download link a format: obj, mtl, fbx, glb, gltf, zip, preview, texture",
});

export const Iteration = Type.Object(
  {
    createdAt: Timestamp("When it was asked for"),
    completedAt: Nullable(Timestamp("When it ended")),
    iterationID: Type.String({ pattern: "^\\d+$" }),
    results: Nullable(Results),
    status: Type.String({ enum: ["new", "completed", "dismissed", "approved", "uploaded"] }),
    userID: Id("Who asked for it"),
    email: Type.String(),
    loq: Quality,
    dismissedReason: Nullable(Type.String()),
    editDescription: Nullable(Type.String()),
    applied: Type.Array(Type.String()),
    texturingMethod: Nullable(Type.String()),
    stage: Nullable(Type.String({ description: "What is being done at the moment" })),
    progress: Type.Number({ minimum: 0, maximum: 1 }),
    queuePosition: Nullable(Type.Integer({ minimum: 0, description: "1: next; 0: running" })),
    triangles: Nullable(Type.Integer()),
    warnings: Type.Array(Type.String()),
  },
  { $id: "Iteration" },
);

const assetFields = {
  requestID: Id("Names the asset"),
  devID: Id("Who asked for it"),
  createdAt: Timestamp("When it was asked for"),
  image: Type.Array(Type.String()),
  image_tags: Type.Array(Type.String(), { minItems: 1, description: "The first is the name as an identifier" }),
  name: Type.String(),
  tags: Type.Array(Type.String()),
  polycount: Type.String(),
  projectID: Nullable(Type.String()),
  studioID: Nullable(Type.String()),
  test: Type.Boolean(),
  iterations: Type.Array(Type.Ref("Iteration"), { minItems: 1, description: "Oldest first" }),
};

export const Asset = Type.Object(assetFields, { $id: "Asset" });

export const FetchedAsset = Type.Object({ ...assetFields, asset: Type.Ref("Asset") });

export const AssetList = Type.Object({
  assets: Type.Array(Type.Ref("Asset")),
  nextCursor: Type.Optional(Nullable(Type.String({ description: "For the next page; null on the last" }))),
});

export const Done = Type.Object({ status: Type.Literal("success") });

export const PageQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
  cursor: Type.Optional(Type.String({ description: "`nextCursor` of the page before" })),
});

export const ProjectStyleBody = Type.Object({
  topology: Type.Optional(Type.String({ enum: ["quad", "triangle"] })),
  shading: Type.Optional(Type.String({ enum: ["smooth", "flat", "angle"] })),
  texturing: Type.Optional(Type.String({ enum: ["projected", "painted", "vertex", "none"] })),
  palette: Type.Optional(Type.Integer({ minimum: 2, maximum: 256, description: "Number of colours" })),
  polycount: Type.Optional(
    Type.Integer({ minimum: 500, maximum: 300_000, description: "For requests that name none" }),
  ),
  texelDensity: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: "Texels a metre" })),
});

export const Project = Type.Object({
  projectID: Id("The project"),
  name: Type.String(),
  studioID: Nullable(Type.String()),
  style: ProjectStyleBody,
  createdAt: Timestamp("When it was made"),
});

export const SHARED_SCHEMAS = [ErrorBody, Iteration, Asset];
