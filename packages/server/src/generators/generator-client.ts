import type { GeneratorRequest } from "@maquette/engine/generator";

/** How one kind of generator is talked to. What is common to all (turns, tries, health) is in `generators.ts`. */
export interface GeneratorClient {
  /**
   * Makes a model, once.
   * @param onProgress takes 0–1, where the generator tells.
   * @throws GeneratorError, or the signal's reason
   */
  generate(
    request: GeneratorRequest,
    signal: AbortSignal,
    onProgress: (fraction: number) => void,
  ): Promise<{ model: Uint8Array; companions: [string, Uint8Array][] }>;
  /** @throws GeneratorError when it would not take a request now */
  check(signal: AbortSignal): Promise<void>;
}

/** Why a generator made no model, in a phrase that follows its name. */
export class GeneratorError extends Error {
  /** Whether asking once more may help. */
  readonly transient: boolean;
  /** How long it asked to be left alone. */
  readonly retryAfterSeconds: number | null;

  constructor(message: string, { transient = false, retryAfterSeconds = null as number | null } = {}) {
    super(message);
    this.name = "GeneratorError";
    this.transient = transient;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What every generator's settings hold, with defaults filled in. */
export interface GeneratorSettings {
  name: string;
  type: "hunyuan3d" | "comfyui" | "http";
  url: string;
  /** Sent with every request, for a key or a proxy. */
  headers: Record<string, string>;
  /** From the request to the last byte of the model, milliseconds. */
  timeoutMs: number;
  /** Tries in all, of what may pass. */
  tries: number;
  /** Models at a time, of one Maquette process. */
  concurrency: number;
  /** Bytes of a model. */
  maxBytes: number;
  fallback: boolean;
  up: "x" | "-x" | "y" | "-y" | "z" | "-z";
  front: number;
  /** Hunyuan3D: whether it shall paint the model too. */
  texture: boolean;
  /** Hunyuan3D: further fields of the request, as its server takes them. */
  parameters: Record<string, unknown>;
  /** ComfyUI: workflows in its API format, parsed; the first whose pictures are there is used. */
  workflows: Workflow[];
  /** ComfyUI: number of the node whose file is the model; any that writes one unless given. */
  outputNode: string | null;
}

export type Workflow = Record<string, { class_type: string; inputs: Record<string, unknown> }>;
