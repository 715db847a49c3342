import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "bench/test/**/*.test.ts", "e2e/test/**/*.test.ts"],
    // Once for all files: every server that a test starts serves the web app.
    globalSetup: "packages/web/build.ts",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: more workers only fight for them.
    maxWorkers: 2,
  },
});
