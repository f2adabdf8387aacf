import { createHash } from "node:crypto";
import * as z from "zod";
import { mapRecord, ownValue } from "../core/order.ts";
import type { PlanContext } from "../plan.ts";
import { importToJson } from "./import.ts";
import type { Registration } from "./registration.ts";

/** Hexadecimal digits of a service's digest: a review needs no more to see that it changed. */
const DIGITS = 8;

/** Schema of {@link RegisteredDigests}. */
export const registeredDigests = z.record(z.string(), z.record(z.string(), z.string())).default({});

/** Digests of imported services as they are registered, by peer and host: what changes is told by them. */
export type RegisteredDigests = Record<string, Record<string, string>>;

/**
 * Returns the digests of what this update registers; of a peer that is not ready, whose services stay as they are, those known before.
 * @param registrations by the peer's name.
 */
export function digestImports(
  registrations: Readonly<Record<string, Registration>>,
  { lastRun }: Pick<PlanContext, "lastRun">,
): RegisteredDigests {
  return mapRecord(registrations, ({ state, services }, peer) =>
    state === "ready"
      ? mapRecord(services, (service) =>
          createHash("sha256").update(importToJson(service)).digest("hex").slice(0, DIGITS),
        )
      : (ownValue(lastRun.__registered, peer) ?? {}),
  );
}
