import type { Progress } from "@maquette/engine/asset";
import type { Context } from "../context.ts";
import { type Begun, reportProgress } from "./iterations.ts";

/** Between two writes of progress. */
const PROGRESS_MS = 500;

type Stage = Progress["stage"] | "fetch";

/**
 * Writes where the work on an asset stands: not all that is reported, but always the last of it, since a long stage may
 * report once, right after the end of the one before it.
 */
export class ProgressWriter {
  readonly #context: Context;
  readonly #begun: Begun;
  readonly #onLost: () => void;
  #latest: [stage: Stage, fraction: number] | null = null;
  #written: number;
  #timer: NodeJS.Timeout | null = null;
  #writing = false;
  #ended = false;

  /** @param onLost is called when the attempt is no longer the one that counts */
  constructor(context: Context, begun: Begun, onLost: () => void) {
    this.#context = context;
    this.#begun = begun;
    this.#onLost = onLost;
    // A cube is done before anybody could look, and its row would be waited for when it ends.
    this.#written = begun.test ? Date.now() : 0;
  }

  report(stage: Stage, fraction: number): void {
    this.#latest = [stage, fraction];
    this.#schedule();
  }

  /** What was not written by now is not written any more. */
  end(): void {
    this.#ended = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#writing || this.#timer || this.#ended || !this.#latest) return;
    const wait = this.#written + PROGRESS_MS - Date.now();
    if (wait <= 0) return void this.#write(this.#latest);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#schedule();
    }, wait);
  }

  async #write([stage, fraction]: [Stage, number]): Promise<void> {
    this.#latest = null;
    this.#writing = true;
    this.#written = Date.now();
    try {
      if (!(await reportProgress(this.#context, this.#begun, stage, fraction)) && !this.#ended) this.#onLost();
    } catch {
      // The next report makes up for a missed one; losing the database shows where it matters.
    }
    this.#writing = false;
    this.#schedule();
  }
}
