import { type Login, readToken, saveToken } from "./credentials.ts";

/** One version of an asset, as the API tells it. */
export interface Iteration {
  iterationID: string;
  status: "new" | "completed" | "dismissed" | "approved" | "uploaded";
  createdAt: string;
  completedAt: string | null;
  /** One link a format; they work for an hour. */
  results: Record<string, string> | null;
  loq: string;
  dismissedReason: string | null;
  editDescription: string | null;
  applied: string[];
  stage: string | null;
  progress: number;
  queuePosition: number | null;
  triangles: number | null;
  warnings: string[];
}

export interface RemoteAsset {
  requestID: string;
  createdAt: string;
  name: string;
  image: string[];
  image_tags: string[];
  tags: string[];
  polycount: string;
  projectID: string | null;
  studioID: string | null;
  test: boolean;
  /** Oldest first, never empty. */
  iterations: Iteration[];
}

/** A picture to send: bytes, or an address from which the server fetches it; and the side that it shows, if known. */
export type PictureSource = ({ name: string; data: Uint8Array } | { url: string }) & { view?: string };

export type Fields = Record<string, string | number | boolean | undefined | (string | object)[]>;

/** A message that the server has for a webhook, ready to be sent on. */
export interface WebhookEvent {
  id: string;
  headers: Record<string, string>;
  /** The exact bytes that are signed. */
  body: string;
}

/** What the server answered when it did not do what was asked. */
export class ServerError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "ServerError";
    this.status = status;
    this.code = code;
  }
}

const POLL_MS = 700;
const TIMEOUT_MS = 120_000;

/** A Maquette server, called with one account's credentials. */
export class ServerClient {
  readonly login: Login;
  private jwt: string | null;

  constructor(login: Login) {
    this.login = login;
    this.jwt = readToken(login);
  }

  /** Who the credentials belong to. */
  me(): Promise<{ devID: string; email: string; name: string }> {
    return this.call("GET", "/api/maquette/v1/me");
  }

  projects(): Promise<{ message: { projectID: string; name: string; studioID: string | null }[] }> {
    return this.call("GET", `/api/v1/fetchProjects?devID=${this.login.credentials.devID}`);
  }

  async create(pictures: PictureSource[], fields: Fields): Promise<{ requestID: string; warnings: string[] }> {
    const { requestID, warnings = [] } = await this.call<{ requestID: string; warnings?: string[] }>(
      "POST",
      "/api/v1/process",
      form(pictures, { devID: this.login.credentials.devID, ...fields }),
    );
    return { requestID, warnings };
  }

  get(requestID: string): Promise<RemoteAsset> {
    return this.call("GET", `/api/maquette/v1/requests/${encodeURIComponent(requestID)}`);
  }

  list(query: { limit?: number; cursor?: string } = {}): Promise<{ assets: RemoteAsset[]; nextCursor: string | null }> {
    const { limit = 50, cursor } = query;
    const parameters = new URLSearchParams({ devID: this.login.credentials.devID, limit: String(limit) });
    if (cursor) parameters.set("cursor", cursor);
    return this.call("GET", `/api/v1/fetchAll?${parameters}`);
  }

  revise(
    requestID: string,
    pictures: PictureSource[],
    fields: Fields,
  ): Promise<{ iterationID: string; applied: string[]; warnings: string[] }> {
    return this.call(
      "POST",
      `/api/maquette/v1/requests/${encodeURIComponent(requestID)}/iterations`,
      form(pictures, fields),
    );
  }

  webhookEvents(after: string | null): Promise<{ events: WebhookEvent[]; cursor: string }> {
    const query = after === null ? "" : `?after=${encodeURIComponent(after)}`;
    return this.call("GET", `/api/maquette/v1/webhook-events${query}`);
  }

  /**
   * Asks again and again until the newest iteration (or the one given) has ended.
   * @throws the signal's reason
   */
  async watch(
    requestID: string,
    options: { iterationID?: string; signal?: AbortSignal; onProgress?: (iteration: Iteration) => void } = {},
  ): Promise<{ asset: RemoteAsset; iteration: Iteration }> {
    for (;;) {
      const asset = await this.get(requestID);
      const iteration = pickIteration(asset, options.iterationID);
      if (iteration.status !== "new") return { asset, iteration };
      options.onProgress?.(iteration);
      await pause(POLL_MS, options.signal);
    }
  }

  /** The bytes of a result; its link needs no credentials. */
  async download(link: string): Promise<Uint8Array> {
    const response = await this.send(link, { method: "GET" });
    if (!response.ok) throw await asError(response);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Gets a new JWT, which voids the former one. */
  async refresh(): Promise<void> {
    const { devID, apiKey, refreshToken } = this.login.credentials;
    const response = await this.send(`${this.login.server}/api/v1/refreshJWT`, {
      method: "POST",
      headers: { "x-api-key": apiKey, "refresh-token": refreshToken, "content-type": "application/json" },
      body: JSON.stringify({ devID }),
    });
    if (!response.ok) throw await asError(response);
    const { jwt } = (await response.json()) as { jwt: string };
    this.jwt = jwt;
    saveToken(this.login, jwt);
  }

  private async call<T>(method: string, path: string, body?: FormData): Promise<T> {
    if (this.jwt === null) await this.refresh();
    let response = await this.authorized(method, path, body);
    if (response.status === 401) {
      await response.arrayBuffer();
      // Another command may have got a newer one meanwhile; a refresh would void that.
      const newest = readToken(this.login);
      if (newest !== null && newest !== this.jwt) this.jwt = newest;
      else await this.refresh();
      response = await this.authorized(method, path, body);
      if (response.status === 401) {
        await response.arrayBuffer();
        await this.refresh();
        response = await this.authorized(method, path, body);
      }
    }
    if (!response.ok) throw await asError(response);
    return (await response.json()) as T;
  }

  private authorized(method: string, path: string, body?: FormData): Promise<Response> {
    return this.send(this.login.server + path, {
      method,
      headers: { "x-api-key": this.login.credentials.apiKey, authorization: this.jwt! },
      ...(body ? { body } : {}),
    });
  }

  private async send(url: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      const { cause } = error as Error & { cause?: { code?: string; message?: string } };
      const why = cause?.code ?? cause?.message ?? (error as Error).message;
      throw new ServerError(0, "unreachable", `cannot reach ${new URL(url).origin} (${why}). Is the server running?`);
    }
  }
}

/** The newest iteration, or the one with that number. */
export function pickIteration(asset: RemoteAsset, iterationID?: string): Iteration {
  const found =
    iterationID === undefined
      ? asset.iterations.at(-1)
      : asset.iterations.find((iteration) => iteration.iterationID === iterationID);
  if (!found) {
    const known = asset.iterations.map((iteration) => iteration.iterationID).join(", ");
    throw new ServerError(404, "iteration_unknown", `the asset has no iteration ${iterationID}; there are ${known}`);
  }
  return found;
}

function form(pictures: PictureSource[], fields: Fields): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    data.append(name, Array.isArray(value) ? JSON.stringify(value) : String(value));
  }
  // The server counts files before addresses, and the views are parallel to that.
  const files = pictures.filter((picture) => "data" in picture);
  const links = pictures.filter((picture) => "url" in picture);
  for (const file of files) data.append("images", new Blob([file.data as Uint8Array<ArrayBuffer>]), file.name);
  if (links.length > 0) data.append("imageUrls", JSON.stringify(links.map((link) => link.url)));
  const views = [...files, ...links].map((picture) => picture.view ?? "auto");
  if (views.some((view) => view !== "auto")) data.append("views", JSON.stringify(views));
  return data;
}

async function asError(response: Response): Promise<ServerError> {
  const text = await response.text();
  try {
    const { message, code, cause } = JSON.parse(text) as { message: string; code?: string; cause?: string };
    return new ServerError(
      response.status,
      code ?? "",
      cause && !message.includes(cause) ? `${message}: ${cause}` : message,
    );
  } catch {
    const where = new URL(response.url).origin;
    return new ServerError(response.status, "", `${where} answered ${response.status}; is it a Maquette server?`);
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    const abort = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
