import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: {
      // meshoptimizer's decoder in plain JavaScript, which it does not export: the content security policy knows no WebAssembly.
      "meshopt-decoder": fileURLToPath(new URL("meshopt_decoder_reference.js", import.meta.resolve("meshoptimizer"))),
    },
  },
  build: {
    target: "es2023",
    assetsDir: "static",
    // The content security policy knows no data: scripts or styles, and pictures are better cached than inlined.
    assetsInlineLimit: 0,
    // Every browser that runs the app has module preload.
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    chunkSizeWarningLimit: 1000,
  },
});
