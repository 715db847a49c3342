/**
 * What requests look like, by the name of their operation: the reference page shows them, and a test sends each of them
 * (e2e/test/api-examples.test.ts). Ids stand for whatever the reader has.
 */
export const EXAMPLE_ID = "0199c7a2-5d1e-7c33-9b60-3f6f1d2a4e58";

/** One transparent pixel. */
const PICTURE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJggg==";

const ASSET = { imageUrls: ["https://example.com/chair.png"], LoQ: "high", height: 90, name: "Chair", test: true };

/** JSON bodies, as good as any other form. */
export const BODY_EXAMPLES: Readonly<Record<string, Record<string, unknown>>> = {
  registerHook: { devID: EXAMPLE_ID, destination: "https://example.com/maquette-hook" },
  refreshJWT: { devID: EXAMPLE_ID },
  process: { devID: EXAMPLE_ID, ...ASSET },
  postRequests: { ...ASSET, views: ["front"], tags: ["furniture"] },
  finishModel: { modelUrl: "https://example.com/chair.glb", height: 90, up: "z", keepBase: true, test: true },
  postInspections: { imageUrls: [PICTURE], views: ["front"] },
  patchRequestsRequestID: { name: "Old chair", tags: ["furniture", "oak"] },
  revise: { editDescription: "60 cm tall, half the polygons", pivot: "base" },
  postRequestsRequestIDIterationsIterationIDDismiss: { reason: "The legs are too thick" },
  createProject: { name: "Low poly", style: { topology: "triangle", polycount: 2000, shading: "flat", palette: 16 } },
  changeProject: { name: "Very low poly", style: { polycount: 800, palette: null } },
  createStudio: { name: "Props" },
  addMember: { email: "colleague@example.com", role: "editor" },
  changeMember: { role: "admin" },
  postDestinations: { destination: "https://example.com/another-hook" },
  postPassword: { password: "correct horse battery" },
  postSessions: { email: "artist@example.com", password: "correct horse battery" },
};

/** Queries beyond the ids that a route needs. */
export const QUERY_EXAMPLES: Readonly<Record<string, Record<string, string | number>>> = {
  fetchAll: { start: "2026-01-01", end: "2026-12-31", limit: 20 },
  getRequests: { search: "chair", status: "completed,approved", sort: "name", limit: 20 },
  listAuditEvents: { limit: 20 },
  listDeliveries: { state: "dead", limit: 20 },
};
