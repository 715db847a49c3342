import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Instruction {
  name: string;
  text: string;
}

/** One `FROM` and what follows it. */
export interface Stage {
  base: string;
  name: string | null;
  instructions: Instruction[];
}

/** Reads a container file of the plain kind: one instruction a line, comments, lines that a backslash continues. */
export function parseContainerFile(text: string): Stage[] {
  const stages: Stage[] = [];
  const lines = text.replace(/^\s*#.*\n/gm, "").replace(/\\\n/g, " ");
  for (const line of lines.split("\n").filter((l) => l.trim() !== "")) {
    const [, name, rest] = /^\s*([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (!name) throw new Error(`no instruction: ${line}`);
    if (name === "FROM") {
      const [, base, as] = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(rest!)!;
      stages.push({ base: base!, name: as ?? null, instructions: [] });
    } else stages.at(-1)!.instructions.push({ name, text: rest! });
  }
  return stages;
}

/** The arguments of `CMD ["a", "b"]` and its like. */
export function execForm(stage: Stage, name: string): string[] {
  const { text } = stage.instructions.find((instruction) => instruction.name === name)!;
  return JSON.parse(text.slice(text.indexOf("["))) as string[];
}

/** The variables that a stage sets. */
export function environment(stage: Stage): Record<string, string> {
  const pairs = stage.instructions.filter(({ name }) => name === "ENV").flatMap(({ text }) => text.split(/\s+/));
  return Object.fromEntries(pairs.map((pair) => pair.split("=") as [string, string]));
}

/**
 * Does what a stage says in a folder instead of in an image: the same copies, the same commands, on this machine's Node.
 * @param include which paths of the context are sent to the builder
 */
export function runStage(stage: Stage, root: string, context: string, include: (path: string) => boolean): void {
  let folder = root;
  for (const { name, text } of stage.instructions) {
    if (name === "WORKDIR") {
      folder = join(root, text);
      mkdirSync(folder, { recursive: true });
    } else if (name === "COPY") {
      const paths = text.split(/\s+/);
      const target = paths.pop()!;
      for (const path of paths) {
        const to = target.endsWith("/") ? join(folder, target, path.split("/").at(-1)!) : join(folder, target);
        mkdirSync(dirname(to), { recursive: true });
        cpSync(join(context, path), to, { recursive: true, filter: include });
      }
    } else if (name === "RUN") {
      const { status, stderr } = spawnSync("sh", ["-c", text], { cwd: folder, encoding: "utf8" });
      if (status !== 0) throw new Error(`RUN ${text}\n${stderr}`);
    }
  }
}
