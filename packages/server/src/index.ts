export { ApiError } from "./api/errors.ts";
export type { AccountCredentials } from "./auth/accounts.ts";
export { type Exchanged, exchangeKey } from "./auth/exchange-key.ts";
export { type Copied, moveToScaled, restoreBackup } from "./backup/backup.ts";
export { type Config, ConfigError, readConfig } from "./config/read-config.ts";
export { DirectoryInUse } from "./db/lock-directory.ts";
export { addAccount, addSignInLink, backup } from "./manage.ts";
export { closeOnSignal, type ServeOptions, serve } from "./serve.ts";
export { createLog, type Server, type ServerOptions, startServer } from "./server.ts";
