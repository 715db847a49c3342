export type {
  Accepted,
  Asset,
  AssetCompletedMessage,
  AssetDismissedMessage,
  AssetOptions,
  AssetReport,
  AuditEvent,
  Delivery,
  Destination,
  Error as ErrorBody,
  Iteration,
  Member,
  Operations,
  Project,
  ProjectStyle,
  Quota,
  Studio,
  View,
} from "./api.ts";
export type { Answer, CallInput, OperationName } from "./call.ts";
export {
  type ClientOptions,
  type CreateOptions,
  type DownloadedFile,
  type Finished,
  type FinishOptions,
  type ListOptions,
  MaquetteClient,
  type ReviseOptions,
  type WaitOptions,
} from "./client.ts";
export { ApiError, AssetDismissed, ConnectionError, WebhookVerificationError } from "./errors.ts";
export type { Picture, Pictures } from "./pictures.ts";
export { signWebhook, type VerifyOptions, verifyWebhook, type WebhookMessage } from "./webhooks.ts";
