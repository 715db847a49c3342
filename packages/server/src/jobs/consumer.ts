import type { Job } from "pg-boss";
import type { Logger } from "pino";
import type { Jobs, QueueName } from "./jobs.ts";

export interface ConsumerOptions<T> {
  queue: QueueName;
  /** Jobs at a time. */
  slots: number;
  /** Jobs at a time of one group, over all servers. */
  groupSlots?: number;
  minPriority?: number;
  maxPriority?: number;
  /** Whether jobs are taken at the moment; always unless given. Must not throw. */
  isOpen?(): Promise<boolean>;
  /** Does the job and ends it (`Jobs.complete` or `putBack`) in the transaction that records the outcome. */
  handle(job: Job<T>, signal: AbortSignal): Promise<void>;
}

/** Why a job's signal fires. */
export type AbortReason = "stopping" | "claim-lost";

/** Notifications make it prompt; polling makes it certain. */
const POLL_MS = 500;
const ERROR_PAUSE_MS = 2000;
const HEARTBEAT_MS = 4000;

/** What a server needs of a consumer, whatever its jobs hold. */
export interface RunningConsumer {
  readonly running: number;
  stop(deadlineMs: number): Promise<void>;
}

/** Takes jobs of a queue and runs them side by side. */
export class Consumer<T> implements RunningConsumer {
  readonly #jobs: Jobs;
  readonly #log: Logger;
  readonly #options: ConsumerOptions<T>;
  readonly #active = new Map<string, { job: Job<T>; abort: AbortController; done: Promise<void> }>();
  readonly #unsubscribe: () => void;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #loop: Promise<void>;
  #stopping = false;
  #resume: (() => void) | null = null;
  /** Set by a wake that came while nobody waited. */
  #woken = false;

  constructor(jobs: Jobs, log: Logger, options: ConsumerOptions<T>) {
    this.#jobs = jobs;
    this.#log = log;
    this.#options = options;
    this.#unsubscribe = jobs.onAdded(options.queue, () => this.#wake());
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS);
    this.#loop = this.#run();
  }

  get running(): number {
    return this.#active.size;
  }

  /** Takes no more jobs, waits for those that run, and after the deadline has them put back. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    this.#unsubscribe();
    this.#wake();
    await this.#loop;
    const all = () => Promise.all([...this.#active.values()].map((entry) => entry.done));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([all(), late]);
    clearTimeout(timer);
    for (const { abort } of this.#active.values()) abort.abort("stopping" satisfies AbortReason);
    await all();
    clearInterval(this.#heartbeat);
  }

  async #run(): Promise<void> {
    const { queue, slots, groupSlots, minPriority, maxPriority, isOpen } = this.#options;
    while (!this.#stopping) {
      const free = slots - this.#active.size;
      let taken: Job<T>[] = [];
      let pause = POLL_MS;
      if (free > 0 && (isOpen === undefined || (await isOpen()))) {
        try {
          taken = await this.#jobs.boss.fetch<T>(queue, {
            batchSize: free,
            ...(groupSlots === undefined ? {} : { groupConcurrency: groupSlots }),
            ...(minPriority === undefined ? {} : { minPriority }),
            ...(maxPriority === undefined ? {} : { maxPriority }),
          });
        } catch (error) {
          this.#log.error({ err: error, queue }, "cannot fetch jobs");
          pause = ERROR_PAUSE_MS;
        }
        for (const job of taken) this.#start(job);
      }
      if (taken.length === 0 && !this.#stopping) await this.#wait(pause);
    }
  }

  #start(job: Job<T>): void {
    const abort = new AbortController();
    const done = this.#options
      .handle(job, abort.signal)
      .catch(async (error) => {
        this.#log.error({ err: error, queue: this.#options.queue, job: job.id }, "job handler failed");
        await this.#jobs.boss.fail(this.#options.queue, job, { message: String(error) }).catch(() => {
          // The database is away: the claim lapses by itself when its heartbeats stop.
        });
      })
      .finally(() => {
        this.#active.delete(job.id);
        this.#wake();
      });
    this.#active.set(job.id, { job, abort, done });
  }

  /** Keeps the claims alive, and stops work whose claim is gone (cancelled, or given to another worker). */
  async #beat(): Promise<void> {
    const entries = [...this.#active.values()];
    if (entries.length === 0) return;
    try {
      for (const { job, abort } of entries) {
        const alive = await this.#jobs.touch(this.#options.queue, job);
        if (!alive && this.#active.has(job.id)) abort.abort("claim-lost" satisfies AbortReason);
      }
    } catch (error) {
      this.#log.warn({ err: error, queue: this.#options.queue }, "cannot send heartbeats");
    }
  }

  #wake(): void {
    this.#woken = true;
    this.#resume?.();
  }

  async #wait(ms: number): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#resume = null;
    }
    this.#woken = false;
  }
}
