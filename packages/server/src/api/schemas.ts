import { UP_AXES } from "@maquette/engine/asset";
import { OPTION_LIMITS } from "@maquette/engine/options";
import { type TSchema, Type } from "typebox";
import { LIMITS } from "../config/limits.ts";
import { API_ERROR_CODES } from "./errors.ts";

/** The shapes of the API, for the OpenAPI document and the tests that hold real answers against it. */

export const Id = (description: string) => Type.String({ format: "uuid", description });
export const Timestamp = (description: string) => Type.String({ format: "date-time", description });
export const Nullable = <T extends TSchema>(schema: T, options = {}) => Type.Union([schema, Type.Null()], options);
const Text = (description: string, options = {}) => Type.String({ description, ...options });
const Choice = (values: readonly string[], description: string) => Type.String({ enum: [...values], description });
const Url = (description: string) => Type.String({ format: "uri", description });

export const ErrorBody = Type.Object(
  {
    status: Type.Literal("error"),
    message: Text("What was wrong and what to do"),
    code: Choice(Object.keys(API_ERROR_CODES), "Stable, for programs"),
    cause: Type.Optional(Text("More about the reason, where it helps")),
    requestID: Type.Optional(Text("The asset that it is about, where there is one")),
  },
  { $id: "Error", description: "Every refusal" },
);

/** The refusals of a route, beside those that any route may give (see `openApi`). */
export const errors = (...statuses: number[]) =>
  Object.fromEntries(statuses.map((status) => [status, Type.Ref("Error")])) as Record<number, TSchema>;

export const DevIdQuery = Type.Optional(Id("Your developer ID; also read from the path and from a JSON body"));
export const StudioQuery = (description: string) => Type.Optional(Id(description));

/** Of every route that makes a request for an asset. */
export const IdempotencyHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({ maxLength: 255, description: "The same key and body within 24 hours give the same requestID" }),
  ),
});

/** The operation of a route that also exists with the devID in its path. */
export function devIdInPath<T extends object>(operation: T, name: string, path: string) {
  const params = Type.Object({ devID: Id("Your developer ID") });
  return path.endsWith("/:devID")
    ? { ...operation, operationId: `${name}ByPath`, params }
    : { ...operation, operationId: name };
}

export const Quality = Choice(["standard", "high", "ultra"], "Level of quality, in any case");

export const View = Type.Union(
  [
    Type.String({ enum: ["front", "right", "back", "left", "top", "bottom", "auto"] }),
    Type.Object({
      azimuth: Type.Number({ minimum: -360, maximum: 360, description: "Degrees: 0 front, 90 the object's left" }),
      elevation: Type.Optional(Type.Number({ minimum: -90, maximum: 90, description: "Degrees, up is positive" })),
    }),
  ],
  { $id: "View", description: "From where a picture shows the object; `left` is the object's own left side" },
);

const centimetres = (description: string) =>
  Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: OPTION_LIMITS.centimetres.max, description }));

export const ProcessOptions = {
  LoQ: Type.Optional(Quality),
  polycount: Type.Optional(
    Type.Number({
      minimum: OPTION_LIMITS.polycount.min,
      maximum: OPTION_LIMITS.polycount.max,
      description: "Upper limit of triangles in any delivered file; default 30,000, 100,000 or 300,000 by LoQ",
    }),
  ),
  height: centimetres("Height in cm; 200 if no size is given"),
  width: centimetres("Width in cm"),
  depth: centimetres("Depth in cm"),
  views: Type.Optional(
    Type.Array(Type.Ref("View"), { maxItems: LIMITS.images, description: "Parallel to the images" }),
  ),
  seed: Type.Optional(Type.Integer({ minimum: 0, maximum: LIMITS.seed.max, description: "Same seed, same bytes" })),
  topology: Type.Optional(Choice(["quad", "triangle"], "Of OBJ and FBX; default quad")),
  pivot: Type.Optional(Choice(["center", "base"], "Of the bounding box; default center")),
  textureSize: Type.Optional(Type.Integer({ enum: [256, 512, 1024, 2048, 4096], description: "Pixels a side" })),
  lods: Type.Optional(
    Type.Integer({ minimum: 0, maximum: OPTION_LIMITS.lods.max, description: "Further levels of detail, in the zip" }),
  ),
  collision: Type.Optional(Choice(["none", "convex"], "Hulls for physics in GLB, glTF and FBX; default none")),
  compression: Type.Optional(
    Choice(
      ["none", "meshopt"],
      "Of GLB files; default none. meshopt: whoever reads them must know EXT_meshopt_compression",
    ),
  ),
};

/** How a model is read. */
const finishOptions = {
  up: Type.Optional(Choice(UP_AXES, "The model's axis that points up; default: what its format says, else y")),
  keepLoose: Type.Optional(Type.Boolean({ description: "Keep small pieces that are far from everything else" })),
  keepBase: Type.Optional(Type.Boolean({ description: "Keep a plate on which the model stands" })),
};

const generator = Type.Optional(Text("Who makes the shape, by a name that `listGenerators` has"));

const imageUrls = Type.Optional(
  Type.Array(Type.String(), {
    maxItems: LIMITS.images,
    description: "`http`, `https` or `data:` URLs, 1 to 6 together with the files; also joined by commas",
  }),
);

const belonging = {
  devID: Type.Optional(Id("Your developer ID")),
  test: Type.Optional(Type.Boolean({ description: "Deliver a plain cube; what was sent is not looked at" })),
  projectID: Type.Optional(Nullable(Id("The style that the asset takes"))),
  studioID: Type.Optional(Nullable(Id("Your team"))),
  name: Type.Optional(Text("What the asset is called", { maxLength: LIMITS.nameCharacters })),
  tags: Type.Optional(Type.Array(Type.String({ maxLength: LIMITS.tagCharacters }), { maxItems: LIMITS.tags })),
};

const processFields = { ...belonging, imageUrls, ...ProcessOptions, generator };

export const ProcessBody = Type.Object(processFields, {
  $id: "ProcessBody",
  examples: [
    { LoQ: "standard", imageUrls: ["https://example.com/image1.png"], polycount: 20000, height: 250, test: true },
  ],
});

const { views: _views, height: _height, ...modelOptions } = ProcessOptions;

const finishFields = {
  ...belonging,
  modelUrl: Type.Optional(Text("`http`, `https` or `data:` URL of the model, unless it is sent as a file")),
  ...finishOptions,
  height: centimetres("Height in cm; the model's own size if none is given"),
  ...modelOptions,
};

export const FinishBody = Type.Object(finishFields, { $id: "FinishBody" });

const revisionFields = {
  ...ProcessOptions,
  ...finishOptions,
  generator,
  imageUrls,
  imageMode: Type.Optional(Choice(["replace", "add"], "What the new images do; default replace")),
  projectID: Type.Optional(Id("Another style")),
  editDescription: Type.Optional(Text("Wishes in words; refused if one of them is not understood")),
};

export const RevisionBody = Type.Object(revisionFields, { $id: "RevisionBody" });

const imageFiles = {
  images: Type.Optional(
    Type.Array(Type.String({ format: "binary" }), {
      maxItems: LIMITS.images,
      description: "PNG, JPEG, WebP, AVIF, GIF or TIFF, 5 MB each, under this or any other field name",
    }),
  ),
};

const modelFile = {
  model: Type.Optional(
    Type.String({
      format: "binary",
      description:
        "GLB, glTF in one file, OBJ or binary FBX, or a zip of one with its materials and pictures, up to 64 MB, under this or any other field name",
    }),
  ),
};

/** A body as JSON, as a form, and as multipart with files in it. */
function bodies(json: string, fields: Record<string, TSchema>, files: Record<string, TSchema> = imageFiles) {
  return {
    content: {
      "application/json": { schema: Type.Ref(json) },
      "multipart/form-data": { schema: Type.Object({ ...files, ...fields }) },
      "application/x-www-form-urlencoded": { schema: Type.Ref(json) },
    },
  };
}

export const processBodies = bodies("ProcessBody", processFields);
export const finishBodies = bodies("FinishBody", finishFields, modelFile);
export const revisionBodies = bodies("RevisionBody", revisionFields);

const inspectionFields = { imageUrls, views: ProcessOptions.views };

export const InspectionBody = Type.Object(inspectionFields, { $id: "InspectionBody" });

export const inspectionBodies = bodies("InspectionBody", inspectionFields);

export const Accepted = Type.Object(
  {
    status: Type.Literal("success"),
    devID: Id("Your developer ID"),
    requestID: Id("Names the asset from now on"),
    message: Type.String(),
    warnings: Type.Optional(Type.Array(Type.String())),
  },
  { $id: "Accepted" },
);

export const Results = Type.Record(Type.String(), Url("A link that works for an hour"), {
  $id: "Results",
  description:
    "One download link a format: `obj`, `mtl`, `fbx`, `glb`, `gltf`, `usdz`, `stl`, `zip`, `preview`, `texture`, `texture2` and so on",
});

const STATUSES = ["new", "completed", "dismissed", "approved", "uploaded"] as const;

export const Iteration = Type.Object(
  {
    createdAt: Timestamp("When it was asked for"),
    completedAt: Nullable(Timestamp("When it ended")),
    iterationID: Type.String({ pattern: "^\\d+$" }),
    results: Nullable(Type.Ref("Results")),
    status: Choice(STATUSES, "`new` while it waits or runs"),
    userID: Id("Who asked for it"),
    email: Type.String(),
    loq: Choice(["standard", "high", "ultra"], "Level of quality"),
    dismissedReason: Nullable(Text("Why it could not be made, and what to change")),
    editDescription: Nullable(Text("The wishes in words that it was made from")),
    applied: Type.Array(Type.String(), { description: "Which wishes were applied" }),
    texturingMethod: Nullable(Text("Only if a project's style chose one")),
    stage: Nullable(Text("What is being done at the moment")),
    progress: Type.Number({ minimum: 0, maximum: 1 }),
    queuePosition: Nullable(Type.Integer({ minimum: 0, description: "1: next; 0: running" })),
    triangles: Nullable(Type.Integer({ minimum: 0 })),
    filesRemovedAt: Nullable(Text("When the server deleted the files to save room; their links answer 410 since")),
    warnings: Type.Array(Type.String()),
  },
  { $id: "Iteration" },
);

const assetFields = {
  requestID: Id("Names the asset"),
  devID: Id("Who asked for it"),
  createdAt: Timestamp("When it was asked for"),
  image: Type.Array(Type.String(), { description: "The pictures, by links that work for an hour" }),
  image_tags: Type.Array(Type.String(), { minItems: 1, description: "The first is the name as an identifier" }),
  name: Type.String(),
  tags: Type.Array(Type.String()),
  polycount: Type.String({ pattern: "^\\d+$", description: "The upper limit, as text" }),
  projectID: Nullable(Id("Its style")),
  studioID: Nullable(Id("Its team")),
  test: Type.Boolean(),
  iterations: Type.Array(Type.Ref("Iteration"), { minItems: 1, description: "Oldest first" }),
};

export const Asset = Type.Object(assetFields, { $id: "Asset" });

export const FetchedAsset = Type.Object(
  { ...assetFields, asset: Type.Ref("Asset") },
  { $id: "FetchedAsset", description: "The asset, and the same once more under `asset`" },
);

export const AssetList = Type.Object(
  {
    assets: Type.Array(Type.Ref("Asset")),
    nextCursor: Type.Optional(Nullable(Text("For the next page, null on the last; only if `limit` is given"))),
  },
  { $id: "AssetList" },
);

/** Records of older versions lack fields, and those of newer ones have more. */
const kept = (fields: Record<string, TSchema>, options = {}) =>
  Type.Partial(Type.Object(fields), { additionalProperties: true, ...options });

const textureSize = Type.Integer({ description: "Pixels a side" });
const cm = (description: string) => Type.Number({ description: `${description}, centimetres` });

export const AssetOptions = kept(
  {
    quality: Choice(["standard", "high", "ultra"], "Level of quality"),
    polycount: Type.Integer(),
    height: cm("Height"),
    width: cm("Width"),
    depth: cm("Depth"),
    topology: Choice(["quad", "triangle"], "Of OBJ and FBX"),
    pivot: Choice(["center", "base"], "Of the bounding box"),
    textureSize,
    lods: Type.Integer(),
    collision: Choice(["none", "convex"], "Hulls for physics"),
    compression: Choice(["none", "meshopt"], "Of GLB files"),
    seed: Type.Integer(),
    name: Type.String(),
    generator: Text("Who was to make the shape, if somebody was named"),
  },
  { $id: "AssetOptions", description: "What was asked for, as the engine took it" },
);

const ViewReport = kept({
  label: Nullable(Text("`front` and so on, where it is one of these")),
  azimuth: Type.Number({ description: "Degrees: 0 front, 90 the object's left" }),
  elevation: Type.Number(),
  posedBy: Choice(["hint", "order", "estimate"], "How that is known"),
});

export const AssetReport = kept(
  {
    options: Type.Ref("AssetOptions"),
    pictures: Type.Array(
      kept({
        width: Type.Integer(),
        height: Type.Integer(),
        format: Type.String(),
        matte: kept({ source: Type.String(), confidence: Type.Number(), coverage: Type.Number() }),
        pose: Nullable(ViewReport, { description: "Null when the picture repeats another one" }),
        views: Type.Array(ViewReport, { description: "Several of a turnaround sheet" }),
      }),
      { description: "What was seen of each" },
    ),
    prior: Nullable(Text("Version of the learned prior that took part")),
    generator: Nullable(
      kept({
        name: Type.String(),
        agreement: Type.Number({ description: "Overlap of its outlines and the pictures', 0 to 1" }),
        turned: Type.Number({ description: "Degrees by which its model was turned" }),
      }),
      { description: "Null when the server's own engine made the shape" },
    ),
    warnings: Type.Array(Type.String()),
    checks: kept({
      openEdges: Type.Integer(),
      nonManifoldEdges: Type.Integer(),
      nonManifoldVertices: Type.Integer(),
      degenerateFaces: Type.Integer(),
      components: Type.Integer(),
    }),
    triangles: Type.Integer(),
    vertices: Type.Integer(),
    parts: Type.Array(
      kept({
        name: Type.String(),
        triangles: Type.Integer(),
        size: kept({ height: cm("Height"), width: cm("Width"), depth: cm("Depth") }),
        pivot: kept({ x: cm("To the object's left"), y: cm("Up"), z: cm("To the front") }),
      }),
      { description: "The objects of the files, the main one first" },
    ),
    symmetry: Nullable(kept({ azimuth: Type.Number({ description: "Degrees: 90 where left and right are alike" }) }), {
      description: "The plane about which every vertex has its reflection",
    }),
    lods: Type.Array(Type.Integer(), { description: "Triangles of each coarser level" }),
    collision: Nullable(
      kept({
        hulls: Type.Integer(),
        triangles: Type.Integer(),
        tolerance: cm("How far the surface may stand out of the hulls"),
      }),
      { description: "Null where no hulls were asked for" },
    ),
    quadShare: Type.Number(),
    size: kept({ height: cm("Height"), width: cm("Width"), depth: cm("Depth") }),
    texture: kept({ size: textureSize, coverage: Type.Number() }),
    layout: Nullable(kept({ charts: Type.Integer(), utilization: Type.Number(), densitySpread: Type.Number() })),
  },
  { $id: "AssetReport", description: "What was done and measured" },
);

export const Done = Type.Object({ status: Type.Literal("success") }, { $id: "Done" });

export const PageQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
  cursor: Type.Optional(Text("`nextCursor` of the page before")),
});

export const NextCursor = Nullable(Text("For the next page; null on the last"));

const styleFields = {
  topology: Choice(["quad", "triangle"], "Of OBJ and FBX"),
  shading: Choice(["smooth", "flat", "angle"], "Of the normals; `angle` keeps hard edges"),
  texturing: Choice(["projected", "painted", "vertex", "none"], "Where colours come from and go to"),
  palette: Type.Integer({ ...range(OPTION_LIMITS.palette), description: "Number of colours" }),
  polycount: Type.Integer({ ...range(OPTION_LIMITS.polycount), description: "For requests that name none" }),
  texelDensity: Type.Integer({ minimum: 1, maximum: 100_000, description: "Texels a metre" }),
  generator: Text("Who makes the shape; `listGenerators` has the names"),
};

function range({ min, max }: { min: number; max: number }) {
  return { minimum: min, maximum: max };
}

export const ProjectStyle = Type.Object(
  Object.fromEntries(Object.entries(styleFields).map(([name, schema]) => [name, Type.Optional(schema)])),
  { $id: "ProjectStyle", description: "What holds for assets whose request is silent" },
);

/** What a style is changed to; null takes a setting away. */
export const ProjectStyleBody = Type.Object(
  Object.fromEntries(Object.entries(styleFields).map(([name, schema]) => [name, Type.Optional(Nullable(schema))])),
);

export const Project = Type.Object(
  {
    projectID: Id("The project"),
    name: Type.String(),
    studioID: Nullable(Id("Its team; null: yours alone")),
    style: Type.Ref("ProjectStyle"),
    createdAt: Timestamp("When it was made"),
  },
  { $id: "Project" },
);

const ROLES = ["owner", "admin", "editor"] as const;
export const Role = Choice(ROLES, "Editors make assets and styles, admins manage editors, owners manage all");

export const Studio = Type.Object({ studioID: Id("The studio"), name: Type.String(), role: Role }, { $id: "Studio" });

export const Member = Type.Object(
  { userID: Id("The member's devID"), email: Type.String(), name: Type.String(), role: Role },
  { $id: "Member" },
);

export const Destination = Type.Object(
  {
    destinationID: Id("The destination"),
    url: Type.String(),
    state: Choice(["active", "disabled"], "disabled: switched off after failing for three days"),
    createdAt: Timestamp("When it was registered"),
    lastSuccessAt: Nullable(Timestamp("Of the last message that arrived")),
    failingSince: Nullable(Timestamp("Of the first failure after it")),
    lastError: Nullable(Type.String()),
  },
  { $id: "Destination" },
);

export const DELIVERY_STATES = ["pending", "delivered", "dead"] as const;

export const Delivery = Type.Object(
  {
    deliveryID: Id("The message; its webhook-id is msg_ and this"),
    requestID: Id("The asset"),
    iterationID: Type.String({ pattern: "^\\d+$" }),
    destinationID: Id("Where it goes"),
    url: Type.String(),
    state: Choice(DELIVERY_STATES, "dead: given up, may be sent again"),
    attempts: Type.Integer({ minimum: 0 }),
    createdAt: Timestamp("When the iteration ended"),
    nextAt: Nullable(Timestamp("Of the next attempt")),
    finishedAt: Nullable(Timestamp("When it arrived or was given up")),
    lastStatus: Nullable(Type.Integer({ description: "What the receiver answered last" })),
    lastError: Nullable(Type.String()),
  },
  { $id: "Delivery" },
);

export const AuditEvent = Type.Object(
  {
    kind: Type.String(),
    at: Timestamp("When it happened"),
    actorID: Nullable(Id("Who did it; null: the server")),
    studioID: Nullable(Id("The studio that it concerns")),
    address: Nullable(Text("From where")),
    detail: Type.Record(Type.String(), Type.Unknown()),
  },
  { $id: "AuditEvent" },
);

const Limit = Nullable(Type.Integer({ minimum: 0 }), { description: "Null: no limit" });

export const Quota = Type.Object(
  {
    requests: Type.Object({
      used: Type.Integer({
        minimum: 0,
        description: "Assets asked for in this calendar month, UTC, tests not counted",
      }),
      limit: Limit,
      resetsAt: Timestamp("When the month ends"),
    }),
    bytes: Type.Object({
      used: Type.Integer({ minimum: 0, description: "Of pictures and files that are there" }),
      limit: Limit,
    }),
  },
  { $id: "Quota", description: "What an account has used of what it may" },
);

const messageIds = { userID: Id("Your developer ID"), devID: Id("Your developer ID"), requestID: Id("The asset") };

const messageResults = {
  ...messageIds,
  studioID: Nullable(Id("Its team")),
  iterationID: Type.String({ pattern: "^\\d+$" }),
  name: Type.String(),
  image: Nullable(Text("Link to the first picture")),
  type: Choice(["generation", "revision"], "Whether it is the asset's first iteration"),
  isRevision: Type.Boolean(),
  test: Type.Boolean(),
  createdAt: Timestamp("When it was asked for"),
  completedAt: Nullable(Timestamp("When it ended")),
};

const link = Url("A link that works for an hour");

export const AssetCompletedMessage = Type.Object(
  {
    status: Type.Literal("success"),
    ...messageIds,
    message: Type.String(),
    warnings: Type.Optional(Type.Array(Type.String())),
    results: Type.Object(
      {
        obj: link,
        fbx: link,
        glb: link,
        gltf: link,
        mtl: link,
        ...messageResults,
        status: Type.Literal("completed"),
        assetComplete: Type.Literal(true),
        completedModels: Type.Object({ obj: link, fbx: link, glb: link, gltf: link, mtl: link }),
      },
      { additionalProperties: link, description: "One link a format, and what is known of the iteration" },
    ),
  },
  { $id: "AssetCompletedMessage" },
);

export const AssetDismissedMessage = Type.Object(
  {
    status: Type.Literal("error"),
    ...messageIds,
    message: Type.Literal("Asset creation failed"),
    cause: Text("What was seen and what to change"),
    results: Type.Object({
      ...messageResults,
      status: Type.Literal("dismissed"),
      assetComplete: Type.Literal(false),
      dismissedReason: Nullable(Type.String()),
    }),
  },
  { $id: "AssetDismissedMessage" },
);

export const SHARED_SCHEMAS = [
  ErrorBody,
  View,
  ProcessBody,
  RevisionBody,
  FinishBody,
  InspectionBody,
  Accepted,
  Results,
  Iteration,
  Asset,
  FetchedAsset,
  AssetList,
  AssetOptions,
  AssetReport,
  Done,
  ProjectStyle,
  Project,
  Studio,
  Member,
  Destination,
  Delivery,
  AuditEvent,
  Quota,
  AssetCompletedMessage,
  AssetDismissedMessage,
];
