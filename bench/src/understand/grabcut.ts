import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RgbaImage } from "@maquette/engine/types";

const SCRIPT = fileURLToPath(new URL("./grabcut.py", import.meta.url));
const PYTHON = "/usr/bin/python3";

/** OpenCV's GrabCut in a process of its own. */
export class GrabCut {
  private readonly child: ChildProcessWithoutNullStreams;

  /** @throws when Debian's package is not there, naming it. */
  constructor() {
    try {
      execFileSync(PYTHON, ["-c", "import cv2"], { stdio: "ignore" });
    } catch {
      throw new Error("OpenCV is missing: apt-get install python3-opencv, or leave GrabCut out with --no-grabcut");
    }
    this.child = spawn(PYTHON, [SCRIPT]);
    this.child.stderr.pipe(process.stderr);
  }

  cut({ width, height, data }: RgbaImage): Promise<Uint8Array> {
    const rgb = Buffer.alloc(3 * width * height);
    for (let i = 0; i < width * height; i++) rgb.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
    return new Promise((resolve, reject) => {
      const mask = new Uint8Array(width * height);
      let length = 0;
      const died = () => reject(new Error("the GrabCut process ended"));
      const read = (chunk: Buffer) => {
        mask.set(chunk, length);
        length += chunk.length;
        if (length < mask.length) return;
        this.child.stdout.off("data", read);
        this.child.off("exit", died);
        resolve(mask);
      };
      this.child.stdout.on("data", read);
      this.child.once("exit", died);
      this.child.stdin.write(`${width} ${height}\n`);
      this.child.stdin.write(rgb);
    });
  }

  close(): void {
    this.child.stdin.end();
  }
}
