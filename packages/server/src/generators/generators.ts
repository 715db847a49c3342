import { EngineError } from "@maquette/engine/errors";
import type { GeneratorAnswer, GeneratorRequest } from "@maquette/engine/generator";
import { pause } from "../pause.ts";
import { comfyui } from "./comfyui.ts";
import { type GeneratorClient, GeneratorError, type GeneratorSettings } from "./generator-client.ts";
import { hunyuan3d } from "./hunyuan3d.ts";
import { plainHttp } from "./plain-http.ts";
import { BUILT_IN, type GeneratorsConfig } from "./read-generators.ts";

const KINDS = { hunyuan3d, comfyui, http: plainHttp };
/** Before the second try, doubled for each further one, milliseconds. */
const FIRST_PAUSE_MS = 1000;
/** What a generator may ask for before it is asked again, seconds. */
const LONGEST_WAIT = 120;
/** Looks at a generator's health that come closer together share an answer, milliseconds. */
const REUSE_MS = 10_000;
const CHECK_TIMEOUT_MS = 3000;

/** Models that a generator makes for this process, and those that wait for their turn. */
export interface GeneratorLoad {
  running: number;
  waiting: number;
}

export interface GeneratorHealth extends GeneratorLoad {
  name: string;
  type: GeneratorSettings["type"];
  /** Whether it would take a request now. */
  up: boolean;
  /** Why not. */
  detail: string | null;
}

/** Told of every model that was asked for, when it ended. */
export type OnGenerated = (name: string, outcome: "made" | "failed" | "interrupted", seconds: number) => void;

/** The generators of an installation: who there is, whose turn it is, and how they are. */
export class Generators {
  readonly default: string;
  readonly #entries: Map<string, Entry>;
  readonly #onGenerated: OnGenerated;

  constructor(config: GeneratorsConfig, onGenerated: OnGenerated = () => {}) {
    this.default = config.default;
    this.#onGenerated = onGenerated;
    this.#entries = new Map(config.generators.map((settings) => [settings.name, new Entry(settings)]));
  }

  /** All that may be chosen, the engine itself included. */
  get names(): string[] {
    return [BUILT_IN, ...this.#entries.keys()];
  }

  /** What the engine must know of the generator of an asset; null when it makes the asset itself. */
  choose(name: string | undefined): Pick<GeneratorSettings, "name" | "up" | "front" | "fallback"> | null {
    const chosen = name ?? this.default;
    if (chosen === BUILT_IN) return null;
    const entry = this.#entries.get(chosen);
    // One that was taken out of the settings after it was asked for.
    if (!entry) return { name: chosen, up: "y", front: 0, fallback: false };
    const { up, front, fallback } = entry.settings;
    return { name: chosen, up, front, fallback };
  }

  /**
   * Waits for a turn and has a model made, more than once if what went wrong may pass.
   * @throws the signal's reason
   */
  async generate(
    name: string,
    request: GeneratorRequest,
    signal: AbortSignal,
    onProgress: (fraction: number) => void = () => {},
  ): Promise<GeneratorAnswer> {
    const entry = this.#entries.get(name);
    if (!entry) return { ok: false, cause: "this server has no such generator" };
    await entry.take(signal);
    const started = performance.now();
    const tell = (outcome: Parameters<OnGenerated>[1]) =>
      this.#onGenerated(name, outcome, (performance.now() - started) / 1000);
    try {
      const model = await tryAgain(entry, request, signal, onProgress);
      tell("made");
      return { ok: true, ...model };
    } catch (error) {
      if (signal.aborted) {
        tell("interrupted");
        throw signal.reason;
      }
      tell("failed");
      if (error instanceof GeneratorError || error instanceof EngineError) return { ok: false, cause: error.message };
      throw error;
    } finally {
      entry.giveBack();
    }
  }

  /** What each generator does for this process. */
  get load(): Record<string, GeneratorLoad> {
    return Object.fromEntries([...this.#entries].map(([name, entry]) => [name, entry.load]));
  }

  /** How each generator is, asked side by side; answers are kept for a few seconds. */
  health(): Promise<GeneratorHealth[]> {
    return Promise.all([...this.#entries.values()].map((entry) => entry.health()));
  }
}

async function tryAgain(
  { client, settings }: Entry,
  request: GeneratorRequest,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
) {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await client.generate(request, signal, onProgress);
    } catch (error) {
      if (!(error instanceof GeneratorError) || !error.transient || attempt === settings.tries) throw error;
      const own = FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.75 + 0.5 * Math.random());
      const asked = 1000 * Math.min(LONGEST_WAIT, error.retryAfterSeconds ?? 0);
      await pause(Math.max(own, asked), signal);
    }
  }
}

/** One generator with its turns and what was last seen of it. */
class Entry {
  readonly settings: GeneratorSettings;
  readonly client: GeneratorClient;
  readonly #queue: (() => void)[] = [];
  #running = 0;
  #seen: { at: number; fault: Promise<string | null> } | null = null;

  constructor(settings: GeneratorSettings) {
    this.settings = settings;
    this.client = KINDS[settings.type](settings);
  }

  /** Resolves when there is a place, first come, first served. @throws the signal's reason */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#running < this.settings.concurrency) {
      this.#running++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      const abort = () => {
        this.#queue.splice(this.#queue.indexOf(turn), 1);
        reject(signal.reason);
      };
      this.#queue.push(turn);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** The place goes to the next one, or is free. */
  giveBack(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#running--;
  }

  get load(): GeneratorLoad {
    return { running: this.#running, waiting: this.#queue.length };
  }

  async health(): Promise<GeneratorHealth> {
    if (!this.#seen || Date.now() - this.#seen.at > REUSE_MS) {
      this.#seen = { at: Date.now(), fault: this.#findFault() };
    }
    const detail = await this.#seen.fault;
    const { name, type } = this.settings;
    return { name, type, up: detail === null, detail, ...this.load };
  }

  async #findFault(): Promise<string | null> {
    const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
    try {
      await this.client.check(signal);
      return null;
    } catch (error) {
      return signal.aborted ? `no answer within ${CHECK_TIMEOUT_MS / 1000} s` : (error as Error).message;
    }
  }
}
