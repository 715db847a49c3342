/** Takes the place of the engine process and does what the name of its job says, as a decoder in a stranger's hands would. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import sharp from "sharp";

const TARGET = process.env.TZ ?? "";

const kept: unknown[] = [];

const DEEDS: Record<string, () => unknown> = {
  connect: () => connect(Number(TARGET), "127.0.0.1"),
  fetch: () => fetch(`http://127.0.0.1:${TARGET}/`),
  allocate_steadily: () => {
    for (;;) kept.push(Buffer.alloc(16 * 1024 * 1024, 1));
  },
  allocate_at_once: () => kept.push(Buffer.allocUnsafe(20e9)),
  write_a_file: () => writeFileSync(TARGET, "written"),
  write_natively: () => sharp({ create: { width: 64, height: 64, channels: 3, background: "red" } }).toFile(TARGET),
  read_a_file: () => readFileSync("/etc/passwd"),
  start_a_program: () => spawnSync("true"),
  compute: () => {
    process.send!({ kind: "progress", progress: { stage: "carve", fraction: 0 } });
    for (;;);
  },
  wait: () => setInterval(() => {}, 1000),
};

process.once("message", async (message) => {
  const [, deed] = /"deed_([a-z_]+)"/.exec(JSON.stringify(message))!;
  await DEEDS[deed!]!();
});
