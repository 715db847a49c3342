import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";

/** What terminals act on and some readers take for the end of a line; JSON lets it stand in a text as it is. */
const CONTROLS = /[\x7f-\x9f\u2028\u2029]/g;

/**
 * The log of a server: JSON lines, each one line whatever strangers' text is in it, and nothing in them that opens a door.
 * @param destination standard output unless given
 */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: { app: "maquette" },
    redact: ["headers", "req.headers"],
    hooks: {
      streamWrite: (line) =>
        line.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`),
    },
  };
  return pino(options, destination ?? inBatches(pino.destination()));
}

/** Lines wait no longer for company, ms: what a `kill -9` can cost. */
const BATCH_MS = 10;

/**
 * Writes lines that are near in time together: a write for each costs as much as an answer, under load by itself, and on one
 * connection by waking a thread for it while the next request waits. The last ones are written when the process exits.
 */
function inBatches(destination: DestinationStream): DestinationStream {
  let lines = "";
  const flush = () => {
    const text = lines;
    lines = "";
    if (text !== "") destination.write(text);
  };
  process.once("exit", flush);
  return {
    write(line) {
      if (lines === "") setTimeout(flush, BATCH_MS).unref();
      lines += line;
    },
  };
}
