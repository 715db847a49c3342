// Written by `npm run generate:client` from the server's OpenAPI document. What should change belongs there.

/** Every refusal */
export interface Error {
  status: "error";
  /** What was wrong and what to do */
  message: string;
  /** Stable, for programs */
  code:
    | "api_key_missing"
    | "api_key_wrong"
    | "jwt_missing"
    | "jwt_invalid"
    | "jwt_expired"
    | "jwt_superseded"
    | "session_required"
    | "sign_in_link_invalid"
    | "sign_in_failed"
    | "password_wrong"
    | "operator_only"
    | "dev_id_mismatch"
    | "studio_forbidden"
    | "role_forbidden"
    | "origin_forbidden"
    | "user_unknown"
    | "refresh_failed"
    | "too_many_failures"
    | "quality_invalid"
    | "dev_id_required"
    | "request_invalid"
    | "image_refused"
    | "model_refused"
    | "wish_unknown"
    | "body_invalid"
    | "http_invalid"
    | "request_timeout"
    | "body_too_large"
    | "uri_too_long"
    | "encoding_unsupported"
    | "headers_too_large"
    | "idempotency_conflict"
    | "rate_limited"
    | "queue_full"
    | "quota_requests"
    | "quota_storage"
    | "uploads_busy"
    | "route_unknown"
    | "request_unknown"
    | "iteration_unknown"
    | "session_unknown"
    | "thumbnail_unknown"
    | "project_unknown"
    | "account_unknown"
    | "member_unknown"
    | "destination_unknown"
    | "delivery_unknown"
    | "state_conflict"
    | "account_exists"
    | "link_invalid"
    | "link_expired"
    | "file_unknown"
    | "files_removed"
    | "range_invalid"
    | "internal"
    | "stopping"
    | "unavailable"
    | "not_ready";
  /** More about the reason, where it helps */
  cause?: string;
  /** The asset that it is about, where there is one */
  requestID?: string;
}

/** From where a picture shows the object; `left` is the object's own left side */
export type View =
  | "front"
  | "right"
  | "back"
  | "left"
  | "top"
  | "bottom"
  | "auto"
  | {
      /** Degrees: 0 front, 90 the object's left */
      azimuth: number;
      /** Degrees, up is positive */
      elevation?: number;
    };

export interface ProcessBody {
  /** Your developer ID */
  devID?: string;
  /** Deliver a plain cube; what was sent is not looked at */
  test?: boolean;
  projectID?: string | null;
  studioID?: string | null;
  /** What the asset is called */
  name?: string;
  tags?: string[];
  /** `http`, `https` or `data:` URLs, 1 to 6 together with the files; also joined by commas */
  imageUrls?: string[];
  /** Level of quality, in any case */
  LoQ?: "standard" | "high" | "ultra";
  /** Upper limit of triangles in any delivered file; default 30,000, 100,000 or 300,000 by LoQ */
  polycount?: number;
  /** Height in cm; 200 if no size is given */
  height?: number;
  /** Width in cm */
  width?: number;
  /** Depth in cm */
  depth?: number;
  /** Parallel to the images */
  views?: View[];
  /** Same seed, same bytes */
  seed?: number;
  /** Of OBJ and FBX; default quad */
  topology?: "quad" | "triangle";
  /** Of the bounding box; default center */
  pivot?: "center" | "base";
  /** Pixels a side */
  textureSize?: 256 | 512 | 1024 | 2048 | 4096;
  /** Further levels of detail, in the zip */
  lods?: number;
  /** Hulls for physics in GLB, glTF and FBX; default none */
  collision?: "none" | "convex";
  /** Of GLB files; default none. meshopt: whoever reads them must know EXT_meshopt_compression */
  compression?: "none" | "meshopt";
  /** Who makes the shape, by a name that `listGenerators` has */
  generator?: string;
}

export interface RevisionBody {
  /** Level of quality, in any case */
  LoQ?: "standard" | "high" | "ultra";
  /** Upper limit of triangles in any delivered file; default 30,000, 100,000 or 300,000 by LoQ */
  polycount?: number;
  /** Height in cm; 200 if no size is given */
  height?: number;
  /** Width in cm */
  width?: number;
  /** Depth in cm */
  depth?: number;
  /** Parallel to the images */
  views?: View[];
  /** Same seed, same bytes */
  seed?: number;
  /** Of OBJ and FBX; default quad */
  topology?: "quad" | "triangle";
  /** Of the bounding box; default center */
  pivot?: "center" | "base";
  /** Pixels a side */
  textureSize?: 256 | 512 | 1024 | 2048 | 4096;
  /** Further levels of detail, in the zip */
  lods?: number;
  /** Hulls for physics in GLB, glTF and FBX; default none */
  collision?: "none" | "convex";
  /** Of GLB files; default none. meshopt: whoever reads them must know EXT_meshopt_compression */
  compression?: "none" | "meshopt";
  /** The model's axis that points up; default: what its format says, else y */
  up?: "y" | "z" | "x" | "-y" | "-z" | "-x";
  /** Keep small pieces that are far from everything else */
  keepLoose?: boolean;
  /** Keep a plate on which the model stands */
  keepBase?: boolean;
  /** Who makes the shape, by a name that `listGenerators` has */
  generator?: string;
  /** `http`, `https` or `data:` URLs, 1 to 6 together with the files; also joined by commas */
  imageUrls?: string[];
  /** What the new images do; default replace */
  imageMode?: "replace" | "add";
  /** Another style */
  projectID?: string;
  /** Wishes in words; refused if one of them is not understood */
  editDescription?: string;
}

export interface FinishBody {
  /** Your developer ID */
  devID?: string;
  /** Deliver a plain cube; what was sent is not looked at */
  test?: boolean;
  projectID?: string | null;
  studioID?: string | null;
  /** What the asset is called */
  name?: string;
  tags?: string[];
  /** `http`, `https` or `data:` URL of the model, unless it is sent as a file */
  modelUrl?: string;
  /** The model's axis that points up; default: what its format says, else y */
  up?: "y" | "z" | "x" | "-y" | "-z" | "-x";
  /** Keep small pieces that are far from everything else */
  keepLoose?: boolean;
  /** Keep a plate on which the model stands */
  keepBase?: boolean;
  /** Height in cm; the model's own size if none is given */
  height?: number;
  /** Level of quality, in any case */
  LoQ?: "standard" | "high" | "ultra";
  /** Upper limit of triangles in any delivered file; default 30,000, 100,000 or 300,000 by LoQ */
  polycount?: number;
  /** Width in cm */
  width?: number;
  /** Depth in cm */
  depth?: number;
  /** Same seed, same bytes */
  seed?: number;
  /** Of OBJ and FBX; default quad */
  topology?: "quad" | "triangle";
  /** Of the bounding box; default center */
  pivot?: "center" | "base";
  /** Pixels a side */
  textureSize?: 256 | 512 | 1024 | 2048 | 4096;
  /** Further levels of detail, in the zip */
  lods?: number;
  /** Hulls for physics in GLB, glTF and FBX; default none */
  collision?: "none" | "convex";
  /** Of GLB files; default none. meshopt: whoever reads them must know EXT_meshopt_compression */
  compression?: "none" | "meshopt";
}

export interface InspectionBody {
  /** `http`, `https` or `data:` URLs, 1 to 6 together with the files; also joined by commas */
  imageUrls?: string[];
  /** Parallel to the images */
  views?: View[];
}

export interface Accepted {
  status: "success";
  /** Your developer ID */
  devID: string;
  /** Names the asset from now on */
  requestID: string;
  message: string;
  warnings?: string[];
}

/** One download link a format: `obj`, `mtl`, `fbx`, `glb`, `gltf`, `usdz`, `stl`, `zip`, `preview`, `texture`, `texture2` and so on */
export type Results = Record<string, string>;

export interface Iteration {
  /** When it was asked for */
  createdAt: string;
  completedAt: string | null;
  iterationID: string;
  results: Results | null;
  /** `new` while it waits or runs */
  status: "new" | "completed" | "dismissed" | "approved" | "uploaded";
  /** Who asked for it */
  userID: string;
  email: string;
  /** Level of quality */
  loq: "standard" | "high" | "ultra";
  dismissedReason: string | null;
  editDescription: string | null;
  /** Which wishes were applied */
  applied: string[];
  texturingMethod: string | null;
  stage: string | null;
  progress: number;
  queuePosition: number | null;
  triangles: number | null;
  filesRemovedAt: string | null;
  warnings: string[];
}

export interface Asset {
  /** Names the asset */
  requestID: string;
  /** Who asked for it */
  devID: string;
  /** When it was asked for */
  createdAt: string;
  /** The pictures, by links that work for an hour */
  image: string[];
  /** The first is the name as an identifier */
  image_tags: string[];
  name: string;
  tags: string[];
  /** The upper limit, as text */
  polycount: string;
  projectID: string | null;
  studioID: string | null;
  test: boolean;
  /** Oldest first */
  iterations: Iteration[];
}

/** The asset, and the same once more under `asset` */
export interface FetchedAsset {
  /** Names the asset */
  requestID: string;
  /** Who asked for it */
  devID: string;
  /** When it was asked for */
  createdAt: string;
  /** The pictures, by links that work for an hour */
  image: string[];
  /** The first is the name as an identifier */
  image_tags: string[];
  name: string;
  tags: string[];
  /** The upper limit, as text */
  polycount: string;
  projectID: string | null;
  studioID: string | null;
  test: boolean;
  /** Oldest first */
  iterations: Iteration[];
  asset: Asset;
}

export interface AssetList {
  assets: Asset[];
  nextCursor?: string | null;
}

/** What was asked for, as the engine took it */
export interface AssetOptions {
  /** Level of quality */
  quality?: "standard" | "high" | "ultra";
  polycount?: number;
  /** Height, centimetres */
  height?: number;
  /** Width, centimetres */
  width?: number;
  /** Depth, centimetres */
  depth?: number;
  /** Of OBJ and FBX */
  topology?: "quad" | "triangle";
  /** Of the bounding box */
  pivot?: "center" | "base";
  /** Pixels a side */
  textureSize?: number;
  lods?: number;
  /** Hulls for physics */
  collision?: "none" | "convex";
  /** Of GLB files */
  compression?: "none" | "meshopt";
  seed?: number;
  name?: string;
  /** Who was to make the shape, if somebody was named */
  generator?: string;
  [name: string]: unknown;
}

/** What was done and measured */
export interface AssetReport {
  options?: AssetOptions;
  /** What was seen of each */
  pictures?: {
    width?: number;
    height?: number;
    format?: string;
    matte?: {
      source?: string;
      confidence?: number;
      coverage?: number;
      [name: string]: unknown;
    };
    /** Null when the picture repeats another one */
    pose?: {
      label?: string | null;
      /** Degrees: 0 front, 90 the object's left */
      azimuth?: number;
      elevation?: number;
      /** How that is known */
      posedBy?: "hint" | "order" | "estimate";
      [name: string]: unknown;
    } | null;
    /** Several of a turnaround sheet */
    views?: {
      label?: string | null;
      /** Degrees: 0 front, 90 the object's left */
      azimuth?: number;
      elevation?: number;
      /** How that is known */
      posedBy?: "hint" | "order" | "estimate";
      [name: string]: unknown;
    }[];
    [name: string]: unknown;
  }[];
  prior?: string | null;
  /** Null when the server's own engine made the shape */
  generator?: {
    name?: string;
    /** Overlap of its outlines and the pictures', 0 to 1 */
    agreement?: number;
    /** Degrees by which its model was turned */
    turned?: number;
    [name: string]: unknown;
  } | null;
  warnings?: string[];
  checks?: {
    openEdges?: number;
    nonManifoldEdges?: number;
    nonManifoldVertices?: number;
    degenerateFaces?: number;
    components?: number;
    [name: string]: unknown;
  };
  triangles?: number;
  vertices?: number;
  /** The objects of the files, the main one first */
  parts?: {
    name?: string;
    triangles?: number;
    size?: {
      /** Height, centimetres */
      height?: number;
      /** Width, centimetres */
      width?: number;
      /** Depth, centimetres */
      depth?: number;
      [name: string]: unknown;
    };
    pivot?: {
      /** To the object's left, centimetres */
      x?: number;
      /** Up, centimetres */
      y?: number;
      /** To the front, centimetres */
      z?: number;
      [name: string]: unknown;
    };
    [name: string]: unknown;
  }[];
  /** The plane about which every vertex has its reflection */
  symmetry?: {
    /** Degrees: 90 where left and right are alike */
    azimuth?: number;
    [name: string]: unknown;
  } | null;
  /** Triangles of each coarser level */
  lods?: number[];
  /** Null where no hulls were asked for */
  collision?: {
    hulls?: number;
    triangles?: number;
    /** How far the surface may stand out of the hulls, centimetres */
    tolerance?: number;
    [name: string]: unknown;
  } | null;
  quadShare?: number;
  size?: {
    /** Height, centimetres */
    height?: number;
    /** Width, centimetres */
    width?: number;
    /** Depth, centimetres */
    depth?: number;
    [name: string]: unknown;
  };
  texture?: {
    /** Pixels a side */
    size?: number;
    coverage?: number;
    [name: string]: unknown;
  };
  layout?: {
    charts?: number;
    utilization?: number;
    densitySpread?: number;
    [name: string]: unknown;
  } | null;
  [name: string]: unknown;
}

export interface Done {
  status: "success";
}

/** What holds for assets whose request is silent */
export interface ProjectStyle {
  /** Of OBJ and FBX */
  topology?: "quad" | "triangle";
  /** Of the normals; `angle` keeps hard edges */
  shading?: "smooth" | "flat" | "angle";
  /** Where colours come from and go to */
  texturing?: "projected" | "painted" | "vertex" | "none";
  /** Number of colours */
  palette?: number;
  /** For requests that name none */
  polycount?: number;
  /** Texels a metre */
  texelDensity?: number;
  /** Who makes the shape; `listGenerators` has the names */
  generator?: string;
}

export interface Project {
  /** The project */
  projectID: string;
  name: string;
  studioID: string | null;
  style: ProjectStyle;
  /** When it was made */
  createdAt: string;
}

export interface Studio {
  /** The studio */
  studioID: string;
  name: string;
  /** Editors make assets and styles, admins manage editors, owners manage all */
  role: "owner" | "admin" | "editor";
}

export interface Member {
  /** The member's devID */
  userID: string;
  email: string;
  name: string;
  /** Editors make assets and styles, admins manage editors, owners manage all */
  role: "owner" | "admin" | "editor";
}

export interface Destination {
  /** The destination */
  destinationID: string;
  url: string;
  /** disabled: switched off after failing for three days */
  state: "active" | "disabled";
  /** When it was registered */
  createdAt: string;
  lastSuccessAt: string | null;
  failingSince: string | null;
  lastError: string | null;
}

export interface Delivery {
  /** The message; its webhook-id is msg_ and this */
  deliveryID: string;
  /** The asset */
  requestID: string;
  iterationID: string;
  /** Where it goes */
  destinationID: string;
  url: string;
  /** dead: given up, may be sent again */
  state: "pending" | "delivered" | "dead";
  attempts: number;
  /** When the iteration ended */
  createdAt: string;
  nextAt: string | null;
  finishedAt: string | null;
  lastStatus: number | null;
  lastError: string | null;
}

export interface AuditEvent {
  kind: string;
  /** When it happened */
  at: string;
  actorID: string | null;
  studioID: string | null;
  address: string | null;
  detail: Record<string, unknown>;
}

/** What an account has used of what it may */
export interface Quota {
  requests: {
    /** Assets asked for in this calendar month, UTC, tests not counted */
    used: number;
    /** Null: no limit */
    limit: number | null;
    /** When the month ends */
    resetsAt: string;
  };
  bytes: {
    /** Of pictures and files that are there */
    used: number;
    /** Null: no limit */
    limit: number | null;
  };
}

export interface AssetCompletedMessage {
  status: "success";
  /** Your developer ID */
  userID: string;
  /** Your developer ID */
  devID: string;
  /** The asset */
  requestID: string;
  message: string;
  warnings?: string[];
  /** One link a format, and what is known of the iteration */
  results: {
    /** A link that works for an hour */
    obj: string;
    /** A link that works for an hour */
    fbx: string;
    /** A link that works for an hour */
    glb: string;
    /** A link that works for an hour */
    gltf: string;
    /** A link that works for an hour */
    mtl: string;
    /** Your developer ID */
    userID: string;
    /** Your developer ID */
    devID: string;
    /** The asset */
    requestID: string;
    studioID: string | null;
    iterationID: string;
    name: string;
    image: string | null;
    /** Whether it is the asset's first iteration */
    type: "generation" | "revision";
    isRevision: boolean;
    test: boolean;
    /** When it was asked for */
    createdAt: string;
    completedAt: string | null;
    status: "completed";
    assetComplete: true;
    completedModels: {
      /** A link that works for an hour */
      obj: string;
      /** A link that works for an hour */
      fbx: string;
      /** A link that works for an hour */
      glb: string;
      /** A link that works for an hour */
      gltf: string;
      /** A link that works for an hour */
      mtl: string;
    };
    [name: string]: unknown;
  };
}

export interface AssetDismissedMessage {
  status: "error";
  /** Your developer ID */
  userID: string;
  /** Your developer ID */
  devID: string;
  /** The asset */
  requestID: string;
  message: "Asset creation failed";
  /** What was seen and what to change */
  cause: string;
  results: {
    /** Your developer ID */
    userID: string;
    /** Your developer ID */
    devID: string;
    /** The asset */
    requestID: string;
    studioID: string | null;
    iterationID: string;
    name: string;
    image: string | null;
    /** Whether it is the asset's first iteration */
    type: "generation" | "revision";
    isRevision: boolean;
    test: boolean;
    /** When it was asked for */
    createdAt: string;
    completedAt: string | null;
    status: "dismissed";
    assetComplete: false;
    dismissedReason: string | null;
  };
}

export interface Operations {
  /** Is the process up. */
  isUp: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      status: "ok";
    };
  };
  /** Can the database, the storage and the queue be reached, and is there room. */
  isReady: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      status: "ready";
      /** By name, where there are any */
      generators?: Record<string, "up" | "down">;
    };
  };
  /** Register a webhook destination and get a JWT. */
  registerHook: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: {
      /** Your developer ID */
      devID?: string;
      /** Your webhook endpoint: any text, contacted only to deliver */
      destination?: string;
    };
    answer: {
      status: "success";
      message: "Webhook registered successfully" | "Webhook already registered";
      /** Valid for 12 hours; replaces the former one */
      jwt: string;
      /** Only for a new destination */
      refreshToken?: string;
      /** Your developer ID */
      devID: string;
    };
  };
  /** Trade a refresh token for a new JWT. */
  refreshJWT: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: {
      /** Your developer ID */
      devID?: string;
    };
    answer: {
      status: "success";
      message: string;
      /** Valid for 12 hours; replaces the former one */
      jwt: string;
      /** Your developer ID */
      devID: string;
    };
  };
  /** Make an asset from 1 to 6 images. */
  process: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: ProcessBody | FormData;
    answer: Accepted;
  };
  /** Check the progress and results of an asset. */
  fetchRequest: {
    path: Record<never, never>;
    query: {
      /** Your developer ID; also read from the path and from a JSON body */
      devID?: string;
      /** The asset */
      requestID?: string;
      /** Your team, if the asset must be its */
      studioID?: string;
    };
    body: undefined;
    answer: FetchedAsset;
  };
  /** Check the progress and results of an asset. */
  fetchRequestByPath: {
    path: {
      /** Your developer ID */
      devID: string;
    };
    query: {
      /** Your developer ID; also read from the path and from a JSON body */
      devID?: string;
      /** The asset */
      requestID?: string;
      /** Your team, if the asset must be its */
      studioID?: string;
    };
    body: undefined;
    answer: FetchedAsset;
  };
  /** List assets, newest first, pending ones included. */
  fetchAll: {
    path: Record<never, never>;
    query: {
      /** Your developer ID; also read from the path and from a JSON body */
      devID?: string;
      /** First day, MM-DD-YYYY or YYYY-MM-DD, UTC */
      start?: string;
      /** Last day, MM-DD-YYYY or YYYY-MM-DD, UTC */
      end?: string;
      /** Your team: its assets instead of yours */
      studioID?: string;
      limit?: number;
      /** `nextCursor` of the page before */
      cursor?: string;
    };
    body: undefined;
    answer: AssetList;
  };
  /** List assets, newest first, pending ones included. */
  fetchAllByPath: {
    path: {
      /** Your developer ID */
      devID: string;
    };
    query: {
      /** Your developer ID; also read from the path and from a JSON body */
      devID?: string;
      /** First day, MM-DD-YYYY or YYYY-MM-DD, UTC */
      start?: string;
      /** Last day, MM-DD-YYYY or YYYY-MM-DD, UTC */
      end?: string;
      /** Your team: its assets instead of yours */
      studioID?: string;
      limit?: number;
      /** `nextCursor` of the page before */
      cursor?: string;
    };
    body: undefined;
    answer: AssetList;
  };
  /** List projects: the styles that assets can take. */
  fetchProjects: {
    path: Record<never, never>;
    query: {
      /** Your developer ID; also read from the path and from a JSON body */
      devID?: string;
      /** Your team: its projects only */
      studioID?: string;
    };
    body: undefined;
    answer: {
      status: "success";
      message: {
        /** Names the project */
        projectID: string;
        name: string;
        studioID: string | null;
      }[];
    };
  };
  /** List projects: the styles that assets can take. */
  fetchProjectsByPath: {
    path: {
      /** Your developer ID */
      devID: string;
    };
    query: {
      /** Your developer ID; also read from the path and from a JSON body */
      devID?: string;
      /** Your team: its projects only */
      studioID?: string;
    };
    body: undefined;
    answer: {
      status: "success";
      message: {
        /** Names the project */
        projectID: string;
        name: string;
        studioID: string | null;
      }[];
    };
  };
  /** Where you are signed in. */
  getSessions: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      sessions: {
        /** The session */
        sessionID: string;
        /** When it was opened */
        createdAt: string;
        /** When it was last used, to ten minutes */
        seenAt: string;
        /** What the browser calls itself */
        agent: string | null;
        address: string | null;
        /** Whether it is the one that asks */
        current: boolean;
      }[];
    };
  };
  /** Sign in to the web app with a password; the session travels in a cookie. */
  postSessions: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: {
      email?: string;
      password?: string;
    };
    answer: {
      status: "success";
      /** Your developer ID */
      devID: string;
    };
  };
  /** Who you are. */
  getAccount: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      /** Your developer ID */
      devID: string;
      email: string;
      name: string;
      createdAt: string;
      /** Whether one is set; replaceable: this session may set another without it */
      password: "none" | "replaceable" | "set";
      /** Whether the operator's page is yours to see */
      operator: boolean;
      quota: Quota;
    };
  };
  /** Replace the API key. */
  replaceApiKey: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      /** The new API key; the former one is void */
      value: string;
    };
  };
  /** Replace the webhook secret. */
  replaceSecret: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      /** The new webhook secret; the former one is void */
      value: string;
    };
  };
  /** Replace the refresh token. */
  replaceRefreshToken: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      /** The new refresh token; the former one is void */
      value: string;
    };
  };
  /** What happened to the account, newest first. */
  listAuditEvents: {
    path: Record<never, never>;
    query: {
      limit?: number;
      /** `nextCursor` of the page before */
      cursor?: string;
    };
    body: undefined;
    answer: {
      events: AuditEvent[];
      nextCursor: string | null;
    };
  };
  /** End the web app's session. */
  postSignOut: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: Done;
  };
  /** Set the web app's password and end all other sessions. */
  postPassword: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: {
      /** Not needed soon after coming by a one-time link */
      current?: string;
      password?: string;
    };
    answer: Done;
  };
  /** Sign another browser out. */
  deleteSessionsSessionID: {
    path: {
      /** The session */
      sessionID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: Done;
  };
  /** List assets, searched, filtered and sorted. */
  getRequests: {
    path: Record<never, never>;
    query: {
      /** Words that are in the name or the tags */
      search?: string;
      /** Some of queued, running, completed, approved, dismissed, uploaded, joined with commas */
      status?: string;
      tag?: string;
      /** A style */
      projectID?: string;
      /** A team, or `none` for what belongs to none */
      studioID?: string;
      /** First day, YYYY-MM-DD, UTC */
      start?: string;
      /** Last day, YYYY-MM-DD, UTC */
      end?: string;
      sort?: "newest" | "oldest" | "name" | "changed";
      offset?: number;
      limit?: number;
    };
    body: undefined;
    answer: {
      assets: {
        /** The asset */
        requestID: string;
        /** Who asked for it */
        devID: string;
        name: string;
        tags: string[];
        test: boolean;
        projectID: string | null;
        studioID: string | null;
        /** When it was asked for */
        createdAt: string;
        completedAt: string | null;
        /** The newest iteration, of which the following speak */
        iterationID: string;
        status: "queued" | "running" | "completed" | "approved" | "dismissed" | "uploaded";
        stage: string | null;
        progress: number;
        loq: "standard" | "high" | "ultra";
        dismissedReason: string | null;
        triangles: number | null;
        thumbnail: string | null;
      }[];
      /** Of the whole list */
      total: number;
    };
  };
  /** Make an asset from 1 to 6 images, as process does. */
  postRequests: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: ProcessBody | FormData;
    answer: Accepted;
  };
  /** The tags in use, most used first. */
  getTags: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      tags: {
        tag: string;
        assets: number;
      }[];
    };
  };
  /** An asset, as fetchRequest has it. */
  getAsset: {
    path: {
      /** The asset */
      requestID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: Asset;
  };
  /** Change an asset's name or tags. */
  patchRequestsRequestID: {
    path: {
      /** The asset */
      requestID: string;
    };
    query: Record<never, never>;
    body: {
      name?: string;
      tags?: string[];
    };
    answer: Done;
  };
  /** Delete an asset and its files. */
  deleteAsset: {
    path: {
      /** The asset */
      requestID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: Done;
  };
  /** Look at images before sending them: what is cut out, from where it is seen, what is wrong. */
  postInspections: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: InspectionBody | FormData;
    answer: {
      images: {
        width: number | null;
        height: number | null;
        matte: {
          source: "alpha" | "border" | "learned";
          confidence: number;
          /** Share of the image that is object */
          coverage: number;
        } | null;
        cutout: string | null;
        view: {
          label: string | null;
          azimuth: number;
          elevation: number;
          posedBy: "hint" | "order" | "estimate";
        } | null;
        /** What would come as a warning */
        notes: string[];
        problem: {
          code: string;
          message: string;
        } | null;
      }[];
      /** What would come as a warning on how the images go together */
      warnings: string[];
    };
  };
  /** Bring a model into shape: repaired, game-ready, in all formats. */
  finishModel: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: FinishBody | FormData;
    answer: Accepted;
  };
  /** Make a new iteration: other options, added or replaced images, wishes in words. */
  revise: {
    path: {
      /** The asset */
      requestID: string;
    };
    query: Record<never, never>;
    body: RevisionBody | FormData;
    answer: {
      status: "success";
      /** The asset */
      requestID: string;
      iterationID: string;
      /** What the description brought about */
      applied: string[];
      warnings: string[];
    };
  };
  /** Stop an iteration that waits or runs. */
  cancelIteration: {
    path: {
      /** The asset */
      requestID: string;
      iterationID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: Done;
  };
  /** Mark a completed iteration as approved. */
  approveIteration: {
    path: {
      /** The asset */
      requestID: string;
      iterationID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: Done;
  };
  /** An iteration with its options, pictures, report and files. */
  getRequestsRequestIDIterationsIterationID: {
    path: {
      /** The asset */
      requestID: string;
      iterationID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: {
      /** The asset */
      requestID: string;
      iterationID: string;
      options: AssetOptions;
      inputs: {
        /** The picture */
        imageID: string;
        view: View;
        name: string | null;
        url: string | null;
        /** Whether its bytes are here, so that it has a thumbnail */
        stored: boolean;
      }[];
      /** The model that was finished, of an asset that comes from one */
      model: {
        name: string | null;
        url: string | null;
        stored: boolean;
      } | null;
      report: AssetReport | null;
      files: {
        format: string;
        name: string;
        mime: string;
        bytes: number;
        url: string;
      }[];
      causeCode: string | null;
      /** The picture that the cause concerns, from 0 */
      causeImage: number | null;
      startedAt: string | null;
    };
  };
  /** Reject a completed iteration and say why; its files stay. */
  postRequestsRequestIDIterationsIterationIDDismiss: {
    path: {
      /** The asset */
      requestID: string;
      iterationID: string;
    };
    query: Record<never, never>;
    body: {
      reason?: string;
    };
    answer: Done;
  };
  /** List what can make an asset's shape. */
  listGenerators: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      /** Makes the assets of requests and projects that do not say */
      default: string;
      /** `builtin` is the engine of the server itself */
      generators: string[];
    };
  };
  /** List projects with their styles. */
  listProjects: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      projects: Project[];
    };
  };
  /** Make a project. */
  createProject: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: {
      name?: string;
      /** Its team; yours alone without one */
      studioID?: string;
      style?: {
        topology?: "quad" | "triangle" | null;
        shading?: "smooth" | "flat" | "angle" | null;
        texturing?: "projected" | "painted" | "vertex" | "none" | null;
        palette?: number | null;
        polycount?: number | null;
        texelDensity?: number | null;
        generator?: string | null;
      };
    };
    answer: Project;
  };
  /** Rename a project or change its style. */
  changeProject: {
    path: {
      /** The project */
      projectID: string;
    };
    query: Record<never, never>;
    body: {
      name?: string;
      /** Its team; yours alone without one */
      studioID?: string;
      style?: {
        topology?: "quad" | "triangle" | null;
        shading?: "smooth" | "flat" | "angle" | null;
        texturing?: "projected" | "painted" | "vertex" | "none" | null;
        palette?: number | null;
        polycount?: number | null;
        texelDensity?: number | null;
        generator?: string | null;
      };
    };
    answer: Project;
  };
  /** Delete a project; its assets stay. */
  deleteProject: {
    path: {
      /** The project */
      projectID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: Done;
  };
  /** List your studios. */
  listStudios: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      studios: Studio[];
    };
  };
  /** Make a studio, which you then own. */
  createStudio: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: {
      name?: string;
    };
    answer: Studio;
  };
  /** List a studio's members. */
  listMembers: {
    path: {
      /** The studio */
      studioID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: {
      members: Member[];
    };
  };
  /** Add an account to a studio, by its e-mail address. */
  addMember: {
    path: {
      /** The studio */
      studioID: string;
    };
    query: Record<never, never>;
    body: {
      email?: string;
      /** Editors make assets and styles, admins manage editors, owners manage all */
      role?: "owner" | "admin" | "editor";
    };
    answer: Member;
  };
  /** Change a member's role. */
  changeMember: {
    path: {
      /** The studio */
      studioID: string;
      /** The member */
      userID: string;
    };
    query: Record<never, never>;
    body: {
      /** Editors make assets and styles, admins manage editors, owners manage all */
      role?: "owner" | "admin" | "editor";
    };
    answer: Done;
  };
  /** Take a member out, or leave. */
  removeMember: {
    path: {
      /** The studio */
      studioID: string;
      /** The member */
      userID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: Done;
  };
  /** List webhook destinations. */
  listDestinations: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      destinations: Destination[];
    };
  };
  /** Register a webhook destination, without touching JWTs. */
  postDestinations: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: {
      destination?: string;
    };
    answer: Done;
  };
  /** Switch a destination on again that failed for too long. */
  postDestinationsDestinationIDEnable: {
    path: {
      /** The destination */
      destinationID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: Done;
  };
  /** Remove a webhook destination. */
  removeDestination: {
    path: {
      /** The destination */
      destinationID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: Done;
  };
  /** List webhook messages, newest first. */
  listDeliveries: {
    path: Record<never, never>;
    query: {
      limit?: number;
      /** `nextCursor` of the page before */
      cursor?: string;
      state?: "pending" | "delivered" | "dead";
    };
    body: undefined;
    answer: {
      deliveries: Delivery[];
      nextCursor: string | null;
    };
  };
  /** Take webhook messages yourself, oldest first, for a receiver that the server cannot reach. */
  takeMessages: {
    path: Record<never, never>;
    query: {
      /** `cursor` of the answer before; without it, from now on */
      after?: string;
    };
    body: undefined;
    answer: {
      events: {
        /** The message's webhook-id */
        id: string;
        /** The signatures */
        headers: Record<string, string>;
        /** The bytes that are signed */
        body: string;
      }[];
      /** Where the next answer begins */
      cursor: string;
    };
  };
  /** A webhook message as it would be sent now, with fresh links. */
  getDeliveriesDeliveryIDPayload: {
    path: {
      /** The message */
      deliveryID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: Record<string, unknown>;
  };
  /** Send a webhook message again. */
  resendDelivery: {
    path: {
      /** The message */
      deliveryID: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: Done;
  };
  /** What you, or all members of a studio, made in the last twelve months. */
  getUsage: {
    path: Record<never, never>;
    query: {
      /** A team, instead of you alone */
      studioID?: string;
    };
    body: undefined;
    answer: {
      months: {
        /** YYYY-MM, UTC */
        month: string;
        iterations: number;
        completed: number;
        dismissed: number;
        /** Of making */
        seconds: number;
      }[];
      members: {
        /** Who made them */
        userID: string;
        email: string;
        iterations: number;
        seconds: number;
      }[];
      /** That are there now */
      assets: number;
      /** Of their pictures and files */
      bytes: number;
      /** Of your account; null for a studio */
      quota: Quota | null;
    };
  };
  /** Queue, workers, failures, storage and versions of this installation. */
  getOperator: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      queue: {
        queued: number;
        running: number;
        oldestSeconds: number | null;
        /** Webhook messages to be delivered */
        deliveries: number;
      };
      running: {
        /** The asset */
        requestID: string;
        name: string;
        email: string;
        stage: string | null;
        progress: number;
        attempt: number;
        processID: string | null;
        startedAt: string | null;
      }[];
      day: {
        completed: number;
        refused: number;
        failed: number;
        medianSeconds: number | null;
      };
      failures: {
        /** The asset */
        requestID: string;
        iterationID: string;
        name: string;
        email: string;
        code: string | null;
        cause: string | null;
        /** When it ended */
        at: string;
      }[];
      storage: {
        kind: "local" | "s3";
        files: number;
        bytes: number;
        freeBytes: number | null;
        databaseBytes: number;
      };
      /** All servers and workers, this one included */
      processes: {
        /** The process */
        processID: string;
        /** Whether it is the one that answers */
        self: boolean;
        role: "all" | "api" | "worker";
        version: string;
        host: string;
        pid: number;
        /** Assets that it makes at a time */
        places: number;
        /** Assets that it makes now */
        running: number;
        memoryBytes: number;
        upSeconds: number;
        /** How long ago it was heard of */
        seenSeconds: number;
        /** Whether it was heard of lately; one that died is listed for a day */
        up: boolean;
      }[];
      server: {
        role: string;
        /** Assets at a time, of this process */
        slots: number;
        upSeconds: number;
        memoryBytes: number;
        machineBytes: number;
        accounts: number;
        assets: number;
      };
      generators: {
        name: string;
        type: "hunyuan3d" | "comfyui" | "http";
        /** Whether it makes the assets that do not say */
        default: boolean;
        /** Whether it would take a request now */
        up: boolean;
        detail: string | null;
        /** Models that it makes, for all processes */
        running: number;
        /** Models that wait for their turn */
        waiting: number;
      }[];
      versions: {
        maquette: string;
        node: string;
        database: string;
      };
    };
  };
}

/** Where each operation lives. */
export const ROUTES: Record<keyof Operations, readonly [method: string, path: string]> = {
  isUp: ["GET", "/healthz"],
  isReady: ["GET", "/readyz"],
  registerHook: ["POST", "/api/v1/registerHook"],
  refreshJWT: ["POST", "/api/v1/refreshJWT"],
  process: ["POST", "/api/v1/process"],
  fetchRequest: ["GET", "/api/v1/fetchRequest"],
  fetchRequestByPath: ["GET", "/api/v1/fetchRequest/{devID}"],
  fetchAll: ["GET", "/api/v1/fetchAll"],
  fetchAllByPath: ["GET", "/api/v1/fetchAll/{devID}"],
  fetchProjects: ["GET", "/api/v1/fetchProjects"],
  fetchProjectsByPath: ["GET", "/api/v1/fetchProjects/{devID}"],
  getSessions: ["GET", "/api/maquette/v1/sessions"],
  postSessions: ["POST", "/api/maquette/v1/sessions"],
  getAccount: ["GET", "/api/maquette/v1/me"],
  replaceApiKey: ["POST", "/api/maquette/v1/credentials/api-key"],
  replaceSecret: ["POST", "/api/maquette/v1/credentials/secret"],
  replaceRefreshToken: ["POST", "/api/maquette/v1/credentials/refresh-token"],
  listAuditEvents: ["GET", "/api/maquette/v1/audit-events"],
  postSignOut: ["POST", "/api/maquette/v1/sign-out"],
  postPassword: ["POST", "/api/maquette/v1/password"],
  deleteSessionsSessionID: ["DELETE", "/api/maquette/v1/sessions/{sessionID}"],
  getRequests: ["GET", "/api/maquette/v1/requests"],
  postRequests: ["POST", "/api/maquette/v1/requests"],
  getTags: ["GET", "/api/maquette/v1/tags"],
  getAsset: ["GET", "/api/maquette/v1/requests/{requestID}"],
  patchRequestsRequestID: ["PATCH", "/api/maquette/v1/requests/{requestID}"],
  deleteAsset: ["DELETE", "/api/maquette/v1/requests/{requestID}"],
  postInspections: ["POST", "/api/maquette/v1/inspections"],
  finishModel: ["POST", "/api/maquette/v1/models"],
  revise: ["POST", "/api/maquette/v1/requests/{requestID}/iterations"],
  cancelIteration: ["POST", "/api/maquette/v1/requests/{requestID}/iterations/{iterationID}/cancel"],
  approveIteration: ["POST", "/api/maquette/v1/requests/{requestID}/iterations/{iterationID}/approve"],
  getRequestsRequestIDIterationsIterationID: ["GET", "/api/maquette/v1/requests/{requestID}/iterations/{iterationID}"],
  postRequestsRequestIDIterationsIterationIDDismiss: [
    "POST",
    "/api/maquette/v1/requests/{requestID}/iterations/{iterationID}/dismiss",
  ],
  listGenerators: ["GET", "/api/maquette/v1/generators"],
  listProjects: ["GET", "/api/maquette/v1/projects"],
  createProject: ["POST", "/api/maquette/v1/projects"],
  changeProject: ["PATCH", "/api/maquette/v1/projects/{projectID}"],
  deleteProject: ["DELETE", "/api/maquette/v1/projects/{projectID}"],
  listStudios: ["GET", "/api/maquette/v1/studios"],
  createStudio: ["POST", "/api/maquette/v1/studios"],
  listMembers: ["GET", "/api/maquette/v1/studios/{studioID}/members"],
  addMember: ["POST", "/api/maquette/v1/studios/{studioID}/members"],
  changeMember: ["PATCH", "/api/maquette/v1/studios/{studioID}/members/{userID}"],
  removeMember: ["DELETE", "/api/maquette/v1/studios/{studioID}/members/{userID}"],
  listDestinations: ["GET", "/api/maquette/v1/destinations"],
  postDestinations: ["POST", "/api/maquette/v1/destinations"],
  postDestinationsDestinationIDEnable: ["POST", "/api/maquette/v1/destinations/{destinationID}/enable"],
  removeDestination: ["DELETE", "/api/maquette/v1/destinations/{destinationID}"],
  listDeliveries: ["GET", "/api/maquette/v1/deliveries"],
  takeMessages: ["GET", "/api/maquette/v1/webhook-events"],
  getDeliveriesDeliveryIDPayload: ["GET", "/api/maquette/v1/deliveries/{deliveryID}/payload"],
  resendDelivery: ["POST", "/api/maquette/v1/deliveries/{deliveryID}/resend"],
  getUsage: ["GET", "/api/maquette/v1/usage"],
  getOperator: ["GET", "/api/maquette/v1/operator"],
};
