import {
  ApiError,
  type Asset,
  ConnectionError,
  type CreateOptions,
  type FinishOptions,
  type Iteration,
  MaquetteClient,
  type ReviseOptions,
} from "@maquette/client";
import { type Login, readToken, saveToken } from "./credentials.ts";

/** One version of an asset, as the API tells it. */
export type { Iteration };
export type RemoteAsset = Asset;

/** A picture to send: bytes, or an address from which the server fetches it; and the side that it shows, if known. */
export type PictureSource = ({ name: string; data: Uint8Array } | { url: string }) & { view?: string };

/** A model to send, likewise. */
export type ModelSource = { name: string; data: Uint8Array } | { url: string };

/** Options as the API takes them; the server checks them. */
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

/** A Maquette server as commands see it: `@maquette/client` with the user's login, and refusals in words for a terminal. */
export class ServerClient {
  readonly login: Login;
  readonly #client: MaquetteClient;

  constructor(login: Login) {
    this.login = login;
    const jwt = readToken(login);
    this.#client = new MaquetteClient({
      baseUrl: login.server,
      ...login.credentials,
      ...(jwt === null ? {} : { jwt }),
      // An account has one valid JWT, and other commands may have got a newer one meanwhile.
      findJwt: () => readToken(login),
      onJwt: (newest) => saveToken(login, newest),
      // Whoever typed the command had better hear what is wrong.
      retries: 0,
      fetch: (url, init = {}) => {
        const timeout = AbortSignal.timeout(TIMEOUT_MS);
        return fetch(url, { ...init, signal: init.signal ? AbortSignal.any([init.signal, timeout]) : timeout });
      },
    });
  }

  /** Who the credentials belong to. */
  me(): Promise<{ devID: string; email: string; name: string }> {
    return this.#do(() => this.#client.call("getAccount", {}));
  }

  projects(): Promise<{ projectID: string; name: string }[]> {
    return this.#do(() => this.#client.listProjects());
  }

  async create(pictures: PictureSource[], fields: Fields): Promise<{ requestID: string; warnings: string[] }> {
    const { requestID, warnings = [] } = await this.#do(() =>
      this.#client.createAsset({ ...fields, ...sent(pictures) } as CreateOptions),
    );
    return { requestID, warnings };
  }

  async finish(model: ModelSource, fields: Fields): Promise<{ requestID: string; warnings: string[] }> {
    const source = "url" in model ? model.url : { content: model.data, name: model.name };
    const { requestID, warnings = [] } = await this.#do(() =>
      this.#client.finishModel({ ...fields, model: source } as FinishOptions),
    );
    return { requestID, warnings };
  }

  get(requestID: string): Promise<RemoteAsset> {
    return this.#do(() => this.#client.getAsset(requestID));
  }

  async list(
    query: { limit?: number; cursor?: string } = {},
  ): Promise<{ assets: RemoteAsset[]; nextCursor: string | null }> {
    const { limit = 50, cursor } = query;
    const { assets, nextCursor = null } = await this.#do(() =>
      this.#client.call("fetchAll", { query: { devID: this.login.credentials.devID, limit, cursor } }),
    );
    return { assets, nextCursor };
  }

  revise(
    requestID: string,
    pictures: PictureSource[],
    fields: Fields,
  ): Promise<{ iterationID: string; applied: string[]; warnings: string[] }> {
    return this.#do(() => this.#client.revise(requestID, { ...fields, ...sent(pictures) } as ReviseOptions));
  }

  webhookEvents(after: string | null): Promise<{ events: WebhookEvent[]; cursor: string }> {
    return this.#do(() => this.#client.call("takeMessages", { query: after === null ? {} : { after } }));
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

  /** A result by its link, which needs no credentials. */
  download(link: string): Promise<{ name: string; bytes: Uint8Array }> {
    return this.#do(() => this.#client.downloadLink(link));
  }

  /** Gets a new JWT, which voids the former one. */
  async refresh(): Promise<void> {
    await this.#do(() => this.#client.refresh());
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #explain(error: unknown): unknown {
    const { server } = this.login;
    if (error instanceof ConnectionError) {
      const { cause } = error.cause as { cause?: { code?: string; message?: string } };
      const why = cause?.code ?? cause?.message ?? (error.cause as Error).message;
      return new ServerError(0, "unreachable", `cannot reach ${server} (${why}). Is the server running?`);
    }
    if (!(error instanceof ApiError)) return error;
    const { status, code, message, detail } = error;
    if (code === null) return new ServerError(status, "", `${server} answered ${status}; is it a Maquette server?`);
    return new ServerError(status, code, detail && !message.includes(detail) ? `${message}: ${detail}` : message);
  }
}

/** Pictures as the client takes them, with the sides that they show parallel to them. */
function sent(pictures: PictureSource[]): Fields {
  if (pictures.length === 0) return {};
  const images = pictures.map((picture) =>
    "url" in picture ? picture.url : { content: picture.data, name: picture.name },
  );
  const views = pictures.map((picture) => picture.view ?? "auto");
  return { images, ...(views.some((view) => view !== "auto") ? { views } : {}) };
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
