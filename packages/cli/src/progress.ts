const BAR_WIDTH = 28;
const LINE_EVERY_MS = 1000;
const REDRAW_MS = 120;

/** Shows where a job is: a bar that redraws itself on a terminal, otherwise a plain line at least each second. */
export class ProgressPrinter {
  /** Wall-clock seconds spent in each stage so far. */
  readonly seconds: Record<string, number> = {};
  private readonly out: NodeJS.WriteStream;
  private readonly started = performance.now();
  private readonly timer: NodeJS.Timeout;
  private stage = "start";
  private stageStarted = performance.now();
  private fraction = 0;
  private printed = "";

  constructor(out: NodeJS.WriteStream) {
    this.out = out;
    this.timer = setInterval(() => this.print(true), out.isTTY ? REDRAW_MS : LINE_EVERY_MS);
    // Loading the engine keeps a busy machine from the timer for longer than a second.
    this.print(true);
  }

  update(progress: { stage: string; fraction: number }): void {
    if (progress.stage !== this.stage) {
      this.endStage();
      this.stage = progress.stage;
      if (!this.out.isTTY) this.print(false);
    }
    this.fraction = progress.fraction;
  }

  stop(): void {
    clearInterval(this.timer);
    this.endStage();
    if (this.out.isTTY) this.out.write("\r\x1b[K");
  }

  private endStage(): void {
    const now = performance.now();
    if (this.stage !== "start") {
      const spent = (now - this.stageStarted) / 1000;
      this.seconds[this.stage] = Math.round(((this.seconds[this.stage] ?? 0) + spent) * 1000) / 1000;
    }
    this.stageStarted = now;
  }

  private print(always: boolean): void {
    const percent = Math.round(this.fraction * 100);
    const elapsed = ((performance.now() - this.started) / 1000).toFixed(1);
    if (this.out.isTTY) {
      const full = Math.round(this.fraction * BAR_WIDTH);
      const bar = "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
      this.out.write(`\r\x1b[K${bar} ${String(percent).padStart(3)} %  ${this.stage}  ${elapsed} s`);
      return;
    }
    const line = `${String(percent).padStart(3)} %  ${this.stage}`;
    if (always || line !== this.printed) this.out.write(`${line}  ${elapsed} s\n`);
    this.printed = line;
  }
}
