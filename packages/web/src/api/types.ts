/** What the API answers, as its OpenAPI document describes it. Times are ISO 8601. */

export type Quality = "standard" | "high" | "ultra";
export type Status = "queued" | "running" | "completed" | "approved" | "dismissed" | "uploaded";
export type ViewLabel = "front" | "right" | "back" | "left" | "top" | "bottom";
export type View = ViewLabel | "auto" | { azimuth: number; elevation: number };

export interface Me {
  devID: string;
  email: string;
  name: string;
  createdAt: string;
  password: "none" | "replaceable" | "set";
  operator: boolean;
}

/** A line of the library. */
export interface ListedAsset {
  requestID: string;
  devID: string;
  name: string;
  tags: string[];
  test: boolean;
  projectID: string | null;
  studioID: string | null;
  createdAt: string;
  completedAt: string | null;
  iterationID: string;
  status: Status;
  stage: string | null;
  progress: number;
  loq: Quality;
  dismissedReason: string | null;
  triangles: number | null;
  thumbnail: string | null;
}

export interface AssetPage {
  assets: ListedAsset[];
  total: number;
}

export interface Iteration {
  createdAt: string;
  completedAt: string | null;
  iterationID: string;
  results: Record<string, string> | null;
  status: "new" | "completed" | "dismissed" | "approved" | "uploaded";
  email: string;
  loq: Quality;
  dismissedReason: string | null;
  editDescription: string | null;
  applied: string[];
  stage: string | null;
  progress: number;
  queuePosition: number | null;
  triangles: number | null;
  warnings: string[];
}

export interface Asset {
  requestID: string;
  devID: string;
  createdAt: string;
  name: string;
  tags: string[];
  image_tags: string[];
  polycount: string;
  projectID: string | null;
  studioID: string | null;
  test: boolean;
  iterations: Iteration[];
}

export interface Size {
  height: number;
  width: number;
  depth: number;
}

export interface PictureReport {
  width: number;
  height: number;
  format: string;
  matte: { source: string; confidence: number; coverage: number };
  /** Null when the picture repeats another one. */
  pose: PictureView | null;
  /** Several of a turnaround sheet. */
  views: PictureView[];
}

export interface PictureView {
  label: string | null;
  azimuth: number;
  elevation: number;
  posedBy: string;
}

export interface Report {
  pictures: PictureReport[];
  warnings: string[];
  checks: {
    openEdges: number;
    nonManifoldEdges: number;
    nonManifoldVertices: number;
    degenerateFaces: number;
    components: number;
  };
  triangles: number;
  vertices: number;
  quadShare: number;
  size: Size;
  texture: { size: number; coverage: number };
}

export interface AssetOptions {
  quality: Quality;
  polycount?: number;
  height?: number;
  width?: number;
  depth?: number;
  topology?: "quad" | "triangle";
  pivot?: "center" | "base";
  textureSize?: number;
  lods?: number;
  seed?: number;
}

export interface AssetFile {
  format: string;
  name: string;
  mime: string;
  bytes: number;
  url: string;
}

export interface IterationDetail {
  requestID: string;
  iterationID: string;
  options: AssetOptions;
  inputs: { imageID: string; view: View; name: string | null; url: string | null; stored: boolean }[];
  /** What was finished, of an asset that has no pictures. */
  model: { name: string | null; url: string | null; stored: boolean } | null;
  report: Report | null;
  files: AssetFile[];
  causeCode: string | null;
  causeImage: number | null;
  startedAt: string | null;
}

export interface Sight {
  width: number | null;
  height: number | null;
  matte: { source: "alpha" | "border" | "learned"; confidence: number; coverage: number } | null;
  cutout: string | null;
  view: { label: string | null; azimuth: number; elevation: number; posedBy: string } | null;
  notes: string[];
  problem: { code: string; message: string } | null;
}

export interface ProjectStyle {
  topology?: "quad" | "triangle";
  shading?: "smooth" | "flat" | "angle";
  texturing?: "projected" | "painted" | "vertex" | "none";
  palette?: number | null;
  polycount?: number;
  texelDensity?: number;
}

export interface Project {
  projectID: string;
  name: string;
  studioID: string | null;
  style: ProjectStyle;
  createdAt: string;
}

export type Role = "owner" | "admin" | "editor";

export interface Studio {
  studioID: string;
  name: string;
  role: Role;
}

export interface Member {
  userID: string;
  email: string;
  name: string;
  role: Role;
}

export interface Destination {
  destinationID: string;
  url: string;
  state: "active" | "disabled";
  createdAt: string;
  lastSuccessAt: string | null;
  failingSince: string | null;
  lastError: string | null;
}

export interface Delivery {
  deliveryID: string;
  requestID: string;
  iterationID: string;
  destinationID: string;
  url: string;
  state: "pending" | "delivered" | "dead";
  attempts: number;
  createdAt: string;
  nextAt: string | null;
  finishedAt: string | null;
  lastStatus: number | null;
  lastError: string | null;
}

export interface Session {
  sessionID: string;
  createdAt: string;
  seenAt: string;
  agent: string | null;
  address: string | null;
  current: boolean;
}

export interface AuditEvent {
  kind: string;
  at: string;
  actorID: string | null;
  address: string | null;
  detail: Record<string, unknown>;
}

export interface Usage {
  months: { month: string; iterations: number; completed: number; dismissed: number; seconds: number }[];
  members: { userID: string; email: string; iterations: number; seconds: number }[];
  assets: number;
  bytes: number;
}

export interface Installation {
  queue: { queued: number; running: number; oldestSeconds: number | null; deliveries: number };
  running: {
    requestID: string;
    name: string;
    email: string;
    stage: string | null;
    progress: number;
    attempt: number;
    startedAt: string | null;
  }[];
  day: { completed: number; refused: number; failed: number; medianSeconds: number | null };
  failures: {
    requestID: string;
    iterationID: string;
    name: string;
    email: string;
    code: string | null;
    cause: string | null;
    at: string;
  }[];
  storage: { kind: "local" | "s3"; files: number; bytes: number; freeBytes: number | null; databaseBytes: number };
  server: {
    role: string;
    slots: number;
    upSeconds: number;
    memoryBytes: number;
    machineBytes: number;
    accounts: number;
    assets: number;
  };
  versions: { maquette: string; node: string; database: string };
}
