import type { ParseArgsOptionsConfig } from "node:util";
import { ACCOUNT_OPTIONS } from "./account.ts";
import { BACKUP_OPTIONS } from "./backup.ts";
import { FINISH_OPTIONS } from "./finish.ts";
import { GET_OPTIONS } from "./get.ts";
import { INSPECT_OPTIONS } from "./inspect.ts";
import { KEY_OPTIONS } from "./key.ts";
import { LIST_OPTIONS } from "./list.ts";
import { LOGIN_OPTIONS } from "./login.ts";
import { MAKE_OPTIONS } from "./make.ts";
import { MCP_OPTIONS } from "./mcp/mcp.ts";
import { REVISE_OPTIONS } from "./revise.ts";
import { SERVE_OPTIONS } from "./serve.ts";
import { WATCH_OPTIONS } from "./watch.ts";
import { WEBHOOK_OPTIONS } from "./webhooks.ts";

interface CommandShape {
  summary: string;
  options: ParseArgsOptionsConfig;
  /** Words that must follow the command. */
  actions?: string[];
}

/** Every command with what it takes, for completion. */
export const COMMANDS: Record<string, CommandShape> = {
  make: { summary: "make an asset from pictures", options: MAKE_OPTIONS },
  inspect: { summary: "look at pictures without making anything", options: INSPECT_OPTIONS },
  finish: { summary: "repair a model and make it game-ready", options: FINISH_OPTIONS },
  serve: { summary: "serve the API and the web app", options: SERVE_OPTIONS },
  account: { summary: "create an account or a sign-in link", options: ACCOUNT_OPTIONS, actions: ["create", "link"] },
  backup: { summary: "copy an installation into a directory", options: BACKUP_OPTIONS },
  restore: { summary: "put a backup into an empty installation", options: BACKUP_OPTIONS },
  move: { summary: "copy an embedded installation to PostgreSQL and S3", options: BACKUP_OPTIONS },
  key: { summary: "exchange the key that seals secrets", options: KEY_OPTIONS, actions: ["exchange"] },
  login: { summary: "keep the credentials of a server", options: LOGIN_OPTIONS },
  list: { summary: "list the assets on a server", options: LIST_OPTIONS },
  get: { summary: "show or download an asset", options: GET_OPTIONS },
  watch: { summary: "follow an asset until it is done", options: WATCH_OPTIONS },
  revise: { summary: "make a new version of an asset", options: REVISE_OPTIONS },
  webhooks: { summary: "forward webhooks to this machine", options: WEBHOOK_OPTIONS, actions: ["listen"] },
  mcp: { summary: "serve tools to an AI assistant", options: MCP_OPTIONS },
  completion: { summary: "print the completion of a shell", options: {}, actions: ["bash", "zsh", "fish"] },
  help: { summary: "explain a command", options: {} },
  version: { summary: "print the version", options: {} },
};
