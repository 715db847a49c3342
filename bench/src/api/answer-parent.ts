import type { Ready } from "./targets.ts";

/** Tells the parent that the server is ready, and does what it asks for from then on. */
export function answerParent(ready: Ready, close: () => Promise<void>): void {
  process.on("message", async (message) => {
    if (message === "memory") {
      (globalThis as { gc?: () => void }).gc?.();
      process.send!(process.memoryUsage().rss / 1e6);
    } else {
      await close();
      process.exit();
    }
  });
  process.on("disconnect", () => process.exit(1));
  process.send!(ready);
}
