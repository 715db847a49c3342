import { fsyncSync } from "node:fs";
import type { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

interface Stream {
  nfd: number;
}

/** What emscripten hands to its start-up hooks, as far as it is used here. */
interface Module {
  NODEFS?: { stream_ops: { fsync?: (stream: Stream) => number } };
}

/**
 * PGlite's Node file system with a working fsync. PGlite's own has none, so a power cut may take rows whose commit was
 * acknowledged. `wal_sync_method=fsync` is needed beside it: the default, fdatasync, does nothing in emscripten.
 */
export class DurableNodeFS extends NodeFS {
  override async init(pg: PGlite, options: Parameters<NodeFS["init"]>[1]): ReturnType<NodeFS["init"]> {
    const result = await super.init(pg, options);
    const hook = (module: Module) => {
      module.NODEFS!.stream_ops.fsync = (stream) => {
        fsyncSync(stream.nfd);
        return 0;
      };
    };
    result.emscriptenOpts.preRun = [...(result.emscriptenOpts.preRun ?? []), hook as () => void];
    return result;
  }
}
