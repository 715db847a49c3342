import type { Asset, FinishBody, Iteration, Operations, ProcessBody, RevisionBody } from "./api.ts";
import { type Answer, type CallInput, type OperationName, pause, send, type Transport, toError } from "./call.ts";
import { ApiError, AssetDismissed, ConnectionError } from "./errors.ts";
import { type Picture, type Pictures, writeBody, writeModelBody } from "./pictures.ts";

export interface ClientOptions {
  /** Where the server is: `https://maquette.example.com`. */
  baseUrl: string | URL;
  devID: string;
  apiKey: string;
  /** With it the client gets JWTs by itself, at first and whenever one has expired. */
  refreshToken?: string;
  /** A JWT that is still valid. Without a refresh token it must be given. */
  jwt?: string;
  /** Where programs that share an account keep the newest JWT: looked up before a new one voids that. */
  findJwt?: () => string | null;
  /** Called with every new JWT. One at a time is valid, so programs that share an account should share it. */
  onJwt?: (jwt: string) => void;
  /** How often a request is tried again when that may help. Default 4. */
  retries?: number;
  fetch?: typeof fetch;
}

/** What to make, and of what. */
export interface CreateOptions extends Omit<ProcessBody, "devID" | "imageUrls"> {
  /** 1 to 6 pictures, unless it is a `test`. */
  images?: Pictures;
  /** Names this wish: asked again within 24 hours it is the same asset. Default: one of its own. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface ReviseOptions extends Omit<RevisionBody, "imageUrls"> {
  images?: Pictures;
  signal?: AbortSignal;
}

/** Which model to bring into shape, and how. */
export interface FinishOptions extends Omit<FinishBody, "devID" | "modelUrl"> {
  /** GLB, glTF in one file, OBJ or binary FBX, or a zip of one with its materials and pictures. */
  model?: Picture;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface WaitOptions {
  /** Default: the newest. */
  iterationID?: string;
  /** Default: as long as it takes. */
  timeoutMs?: number;
  /** Between two questions. Default 1,000. */
  pollMs?: number;
  onProgress?: (iteration: Iteration) => void;
  signal?: AbortSignal;
}

/** An iteration that has been made, with the asset that it belongs to. */
export interface Finished {
  asset: Asset;
  iteration: Iteration & { results: Record<string, string> };
}

export interface DownloadedFile {
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface ListOptions {
  /** First and last day, `YYYY-MM-DD`, UTC, both included. */
  start?: string;
  end?: string;
  /** Its assets instead of yours. */
  studioID?: string;
  signal?: AbortSignal;
}

/** Operations that take no JWT. */
const WITHOUT_JWT: ReadonlySet<OperationName> = new Set(["registerHook", "refreshJWT", "isUp", "isReady"]);
const PAGE = 100;
/** Tried for one call: what is known here, what a program beside has got, and a new one. */
const MOST_JWTS = 3;
const POLL_MS = 1000;

/** A Maquette server, as one of its accounts sees it. */
export class MaquetteClient {
  readonly devID: string;
  readonly #apiKey: string;
  readonly #transport: Transport;
  readonly #findJwt: (() => string | null) | undefined;
  readonly #onJwt: ((jwt: string) => void) | undefined;
  #refreshToken: string | undefined;
  #jwt: string | null;
  #refreshing: Promise<string> | null = null;

  constructor(options: ClientOptions) {
    const { baseUrl, devID, apiKey, refreshToken, jwt = null, findJwt, onJwt, retries = 4, fetch } = options;
    this.devID = devID;
    this.#apiKey = apiKey;
    this.#refreshToken = refreshToken;
    this.#jwt = jwt;
    this.#findJwt = findJwt;
    this.#onJwt = onJwt;
    // Browsers refuse a fetch that is called as somebody else's method.
    const call: typeof fetch = fetch ?? ((...input) => globalThis.fetch(...input));
    this.#transport = { baseUrl: String(baseUrl).replace(/\/+$/, ""), fetch: call!, retries };
  }

  /** The JWT in use, if there is one. */
  get jwt(): string | null {
    return this.#jwt;
  }

  /**
   * Any operation of the API, by its name in the OpenAPI document, with its own parameters and answer.
   * @throws ApiError, ConnectionError
   */
  async call<Name extends OperationName>(name: Name, input: CallInput<Name>): Promise<Answer<Name>> {
    if (WITHOUT_JWT.has(name)) return send(this.#transport, name, this.#withHeaders(input, null));
    const tried: string[] = [];
    for (;;) {
      const known = this.#untried(tried);
      const jwt = known ?? (await this.refresh());
      tried.push(jwt);
      try {
        return await send(this.#transport, name, this.#withHeaders(input, jwt));
      } catch (error) {
        const mayPass = error instanceof ApiError && error.status === 401 && this.#refreshToken !== undefined;
        // One that is fresh from the server is refused for another reason, or was voided at once by a program beside.
        if (!mayPass || known === null || tried.length > MOST_JWTS) throw error;
      }
    }
  }

  /** The JWT that this client or a program beside it got last, unless it was tried in vain. */
  #untried(tried: readonly string[]): string | null {
    for (const jwt of [this.#jwt, this.#findJwt?.() ?? null]) {
      if (jwt === null || tried.includes(jwt)) continue;
      this.#jwt = jwt;
      return jwt;
    }
    return null;
  }

  /** Gets a new JWT, which voids the former one. Calls at the same time share it. */
  refresh(): Promise<string> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** Registers a webhook destination. Its messages are for `verifyWebhook`. */
  async registerWebhook(destination: string): Promise<void> {
    const { jwt, refreshToken } = await this.call("registerHook", { body: { devID: this.devID, destination } });
    this.#refreshToken ??= refreshToken;
    this.#accept(jwt);
  }

  /** Asks for an asset. It is safe with the server when this resolves; `waitFor` tells when it is made. */
  async createAsset(options: CreateOptions): Promise<Answer<"process">> {
    const { images, idempotencyKey = crypto.randomUUID(), signal, ...fields } = options;
    return this.call("process", {
      body: writeBody(images, { devID: this.devID, ...fields }) as Operations["process"]["body"],
      headers: { "idempotency-key": idempotencyKey },
      repeatable: true,
      ...(signal ? { signal } : {}),
    });
  }

  /** Asks for an asset from a model that there is: repaired, game-ready, in all formats. The rest is as for pictures. */
  async finishModel(options: FinishOptions): Promise<Answer<"finishModel">> {
    const { model, idempotencyKey = crypto.randomUUID(), signal, ...fields } = options;
    return this.call("finishModel", {
      body: writeModelBody(model, { devID: this.devID, ...fields }) as Operations["finishModel"]["body"],
      headers: { "idempotency-key": idempotencyKey },
      repeatable: true,
      ...(signal ? { signal } : {}),
    });
  }

  /** Makes a new iteration of an asset from its newest one. */
  async revise(requestID: string, options: ReviseOptions): Promise<Answer<"revise">> {
    const { images, signal, ...fields } = options;
    const body = writeBody(images, { ...fields }) as Operations["revise"]["body"];
    return this.call("revise", { path: { requestID }, body, ...(signal ? { signal } : {}) });
  }

  getAsset(requestID: string, signal?: AbortSignal): Promise<Asset> {
    return this.call("getAsset", { path: { requestID }, ...(signal ? { signal } : {}) });
  }

  /**
   * Waits until an iteration is made.
   * @throws AssetDismissed saying why it cannot be; ApiError; the signal's reason, a `TimeoutError` after `timeoutMs`
   */
  async waitFor(requestID: string, options: WaitOptions = {}): Promise<Finished> {
    const { iterationID, timeoutMs, pollMs = POLL_MS, onProgress, signal: given } = options;
    const signals = [given, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)].filter(
      (one) => !!one,
    );
    const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined;
    for (;;) {
      const asset = await this.getAsset(requestID, signal);
      const iteration = pick(asset, iterationID);
      onProgress?.(iteration);
      if (iteration.status === "dismissed") {
        throw new AssetDismissed(requestID, iteration.iterationID, iteration.dismissedReason ?? "It was dismissed");
      }
      if (iteration.results) return { asset, iteration: iteration as Finished["iteration"] };
      await pause(pollMs, signal);
    }
  }

  /** Downloads a file of an asset, from its newest finished iteration unless one is named. */
  async download(
    requestID: string,
    format: string,
    { iterationID, signal }: { iterationID?: string; signal?: AbortSignal } = {},
  ): Promise<DownloadedFile> {
    // Links live for an hour, so each download asks for a fresh one.
    const asset = await this.getAsset(requestID, signal);
    const iteration =
      iterationID === undefined ? asset.iterations.findLast(({ results }) => results) : pick(asset, iterationID);
    if (!iteration?.results) throw new Error(`Asset ${requestID} has no finished iteration to download from`);
    const url = iteration.results[format];
    if (url === undefined) {
      throw new Error(`Asset ${requestID} has no ${format}: there are ${Object.keys(iteration.results).join(", ")}`);
    }
    return this.downloadLink(url, signal);
  }

  /** Downloads a file by its link, as `results` of an iteration has it. */
  async downloadLink(url: string, signal?: AbortSignal): Promise<DownloadedFile> {
    let response: Response;
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      response = await this.#transport.fetch(url, signal ? { signal } : {});
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      signal?.throwIfAborted();
      throw new ConnectionError(url, error);
    }
    if (!response.ok) throw toError(response, JSON.parse(new TextDecoder().decode(bytes)));
    return {
      name: decodeURIComponent(new URL(url).pathname.split("/").at(-1)!),
      type: response.headers.get("content-type") ?? "application/octet-stream",
      bytes,
    };
  }

  /** All assets, newest first, fetched page by page as they are asked for. */
  async *listAssets({ signal, ...query }: ListOptions = {}): AsyncGenerator<Asset, void, undefined> {
    for (let cursor: string | null | undefined = ""; cursor !== null && cursor !== undefined; ) {
      const page: Answer<"fetchAll"> = await this.call("fetchAll", {
        query: { devID: this.devID, ...query, limit: PAGE, ...(cursor ? { cursor } : {}) },
        ...(signal ? { signal } : {}),
      });
      yield* page.assets;
      cursor = page.nextCursor;
    }
  }

  /** The projects that assets can take their style from. */
  async listProjects(signal?: AbortSignal): Promise<Answer<"listProjects">["projects"]> {
    return (await this.call("listProjects", { ...(signal ? { signal } : {}) })).projects;
  }

  /** Stops an iteration that waits or runs. */
  async cancel(requestID: string, iterationID: string): Promise<void> {
    await this.call("cancelIteration", { path: { requestID, iterationID } });
  }

  /** Marks a finished iteration as approved. */
  async approve(requestID: string, iterationID: string): Promise<void> {
    await this.call("approveIteration", { path: { requestID, iterationID } });
  }

  /** Deletes an asset with all its files. */
  async deleteAsset(requestID: string): Promise<void> {
    await this.call("deleteAsset", { path: { requestID } });
  }

  async #refresh(): Promise<string> {
    if (!this.#refreshToken) throw new Error("No JWT: give the client a refreshToken or a jwt");
    const { jwt } = await send(this.#transport, "refreshJWT", {
      body: { devID: this.devID },
      headers: { "x-api-key": this.#apiKey, "refresh-token": this.#refreshToken },
      repeatable: true,
    });
    return this.#accept(jwt);
  }

  #accept(jwt: string): string {
    this.#jwt = jwt;
    this.#onJwt?.(jwt);
    return jwt;
  }

  #withHeaders<Name extends OperationName>(input: CallInput<Name>, jwt: string | null): CallInput<Name> {
    const headers = { "x-api-key": this.#apiKey, ...(jwt === null ? {} : { authorization: jwt }), ...input.headers };
    return { ...input, headers };
  }
}

function pick(asset: Asset, iterationID: string | undefined): Iteration {
  const iteration =
    iterationID === undefined
      ? asset.iterations.at(-1)
      : asset.iterations.find((candidate) => candidate.iterationID === iterationID);
  if (!iteration) throw new Error(`Asset ${asset.requestID} has no iteration ${iterationID}`);
  return iteration;
}
