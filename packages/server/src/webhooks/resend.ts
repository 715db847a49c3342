import { ApiError } from "../api/errors.ts";
import type { Context } from "../context.ts";
import { isId } from "../db/ids.ts";

/**
 * Sends a message again, under the same webhook-id and with links that are signed afresh, and switches its destination
 * on if that was off.
 * @throws ApiError delivery_unknown, state_conflict
 */
export async function resend(context: Context, accountId: string, deliveryId: string): Promise<void> {
  if (!isId(deliveryId)) throw new ApiError("delivery_unknown");
  const at = new Date(context.now());
  await context.db.transaction().execute(async (trx) => {
    const delivery = await trx
      .selectFrom("delivery as d")
      .innerJoin("destination as t", "t.id", "d.destination_id")
      .innerJoin("iteration as i", "i.id", "d.iteration_id")
      .innerJoin("request as r", "r.id", "i.request_id")
      .select(["d.state", "d.destination_id", "t.state as destination_state", "r.deleted_at"])
      .where("d.id", "=", deliveryId)
      .where("d.account_id", "=", accountId)
      .forUpdate("d")
      .executeTakeFirst();
    if (!delivery || delivery.deleted_at) throw new ApiError("delivery_unknown");
    if (delivery.state === "pending")
      throw new ApiError("state_conflict", { value: "The message is being tried already" });
    if (delivery.destination_state === "removed") {
      throw new ApiError("state_conflict", { value: "The destination was removed: register it again first" });
    }
    await trx
      .updateTable("destination")
      .set({ state: "active", failing_since: null })
      .where("id", "=", delivery.destination_id)
      .execute();
    await trx
      .updateTable("delivery")
      .set({ state: "pending", attempts: 0, window_start: at, next_at: at, finished_at: null })
      .where("id", "=", deliveryId)
      .execute();
    await context.jobs.addDelivery(trx, deliveryId, delivery.destination_id, "healthy");
  });
}
