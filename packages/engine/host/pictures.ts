/**
 * Looks at pictures in a process of its own that stays: what decodes strangers' files may die without taking anything
 * along, and a person who waits for an answer does not wait for a process to start. One question at a time.
 */
import type { ChildProcess } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { MatteSource, ViewHint } from "../src/types.ts";
import { startSandboxed } from "./sandbox.ts";

export interface PicturesOptions {
  /** Wall-clock limit of one question, milliseconds. */
  timeoutMs: number;
  /** Without a question for so long, the process ends, milliseconds. */
  idleMs: number;
  memoryMb: number;
}

export const PICTURES_DEFAULTS: PicturesOptions = { timeoutMs: 60_000, idleMs: 120_000, memoryMb: 1024 };

/** What is seen of a picture before anything is made from it. */
export interface Sight {
  /** Null when the file cannot be read at all. */
  width: number | null;
  height: number | null;
  matte: { source: MatteSource; confidence: number; coverage: number } | null;
  /** The object cut out of the picture, a PNG of at most 320 pixels a side. */
  cutout: Uint8Array | null;
  /** From where it is taken to show the object. */
  view: { label: string | null; azimuth: number; elevation: number; posedBy: string } | null;
  /** What else a person may want to know of it, in sentences. */
  notes: string[];
  /** Why no asset would be made from it. */
  problem: { code: string; message: string } | null;
}

/** What is seen of the pictures of a request. */
export interface Sights {
  /** Parallel to the pictures. */
  sights: Sight[];
  /** What would come as a warning and concerns no single picture. */
  warnings: string[];
}

export type Question =
  | { kind: "inspect"; pictures: Uint8Array[]; views: ViewHint[] }
  | {
      kind: "thumbnail";
      picture: Uint8Array;
      side: number;
      tile: { columns: number; rows: number; index: number } | null;
    };

export type PictureReply = { ok: true; value: Sights | Uint8Array } | { ok: false; error: string };

/** `.ts` in the repository, `.js` in a package that was built. */
const CHILD = fileURLToPath(new URL(`./pictures-child${extname(import.meta.url)}`, import.meta.url));

export class Pictures {
  readonly #options: PicturesOptions;
  #child: ChildProcess | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | null = null;

  constructor(options: Partial<PicturesOptions> = {}) {
    this.#options = { ...PICTURES_DEFAULTS, ...options };
  }

  /** Looks at the pictures of a request together. Those that would be refused say so; nothing is thrown for them. */
  inspect(pictures: Uint8Array[], views: ViewHint[]): Promise<Sights> {
    return this.#ask({ kind: "inspect", pictures, views }) as Promise<Sights>;
  }

  /**
   * A WebP of a picture, or of one tile of a contact sheet, at most `side` pixels a side.
   * @throws Error when it cannot be decoded
   */
  thumbnail(
    picture: Uint8Array,
    side: number,
    tile: { columns: number; rows: number; index: number } | null = null,
  ): Promise<Uint8Array> {
    return this.#ask({ kind: "thumbnail", picture, side, tile }) as Promise<Uint8Array>;
  }

  async close(): Promise<void> {
    await this.#turn.catch(() => {});
    this.#stop();
  }

  #ask(question: Question): Promise<unknown> {
    const answer = this.#turn.catch(() => {}).then(() => this.#send(question));
    this.#turn = answer;
    return answer;
  }

  #send(question: Question): Promise<unknown> {
    if (this.#idle) clearTimeout(this.#idle);
    const child = this.#child ?? this.#start();
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => {
        this.#stop();
        done(() => reject(new Error(reason)));
      };
      const timer = setTimeout(() => fail("looking at the picture took too long"), this.#options.timeoutMs);
      const onExit = () => fail("looking at the picture ended the process that does it");
      const onMessage = (reply: PictureReply) =>
        done(() => (reply.ok ? resolve(reply.value) : reject(new Error(reply.error))));
      const done = (then: () => void) => {
        clearTimeout(timer);
        child.off("message", onMessage).off("exit", onExit).off("error", onExit);
        this.#idle = setTimeout(() => this.#stop(), this.#options.idleMs);
        this.#idle.unref();
        then();
      };
      child.on("message", onMessage).on("exit", onExit).on("error", onExit);
      child.send(question);
    });
  }

  #start(): ChildProcess {
    const { memoryMb } = this.#options;
    this.#child = startSandboxed(CHILD, [], { memoryMb, cpuSeconds: null, stderr: "ignore" });
    return this.#child;
  }

  #stop(): void {
    if (this.#idle) clearTimeout(this.#idle);
    this.#child?.removeAllListeners().kill("SIGKILL");
    this.#child = null;
  }
}
