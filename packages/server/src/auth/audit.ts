import type { Transaction } from "kysely";
import type { Db } from "../db/open-database.ts";
import type { Schema } from "../db/schema.ts";

export interface AuditEvent {
  kind:
    | "account.created"
    | "signed_in"
    | "signed_out"
    | "session.ended"
    | "password.changed"
    | "sign_in_link.created"
    | "api_key.rotated"
    | "secret.rotated"
    | "refresh_token.rotated"
    | "authentication.failed"
    | "key.exchanged"
    | "webhook.registered"
    | "webhook.removed"
    | "webhook.enabled"
    | "webhook.disabled"
    | "studio.created"
    | "member.added"
    | "member.changed"
    | "member.removed";
  accountId: string | null;
  studioId?: string;
  /** null: the server itself. */
  actorId: string | null;
  detail?: Record<string, unknown>;
  address?: string | null;
}

export async function audit(db: Db | Transaction<Schema>, now: number, event: AuditEvent): Promise<void> {
  await db
    .insertInto("audit_event")
    .values({
      account_id: event.accountId,
      studio_id: event.studioId ?? null,
      actor_id: event.actorId,
      kind: event.kind,
      detail: JSON.stringify(event.detail ?? {}),
      address: event.address ?? null,
      at: new Date(now),
    })
    .execute();
}
