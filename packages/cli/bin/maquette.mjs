#!/usr/bin/env node
// Runs anywhere from Node 20 on: the program itself needs Node 22.18 (it runs TypeScript directly), which npm installed
// beside it. An older Node hands over to that one.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const NEEDED = [22, 18];
const [major, minor] = process.versions.node.split(".").map(Number);

if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) {
  const { main } = await import("../src/main.ts");
  await main(process.argv.slice(2));
} else {
  const bundled = findBundledNode();
  if (!bundled) {
    console.error(
      `maquette: Node ${process.versions.node} is too old, and no newer one came with the installation. ` +
        `Install Node ${NEEDED.join(".")} or later, or install again without --omit=optional.`,
    );
    process.exit(1);
  }
  const child = spawn(bundled, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else {
      process.exit(code ?? 1);
    }
  });
}

function findBundledNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const binary = process.platform === "win32" ? "node.exe" : "node";
  try {
    return createRequire(import.meta.url).resolve(`node-${platform}-${process.arch}/bin/${binary}`);
  } catch {
    return null;
  }
}
