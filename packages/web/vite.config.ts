import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
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
