import type * as z from "zod";
import { fraction, wholeNumber } from "./field.ts";
import { cleanText, pasted } from "../core/pasted.ts";
import { fields } from "../core/schema.ts";
import { DEFAULT_BRAKE } from "../imports/brake.ts";
import { WITHDRAWAL_TOKEN } from "../access/withdrawals.ts";

/** The section `brake`: how many of a peer's services may be removed at once, and which exports may be withdrawn. */
export const brake = fields({
  removals: wholeNumber({
    least: 0,
    remedy: "Write how many services of a peer may always be removed at once",
  })
    .default(DEFAULT_BRAKE.removals)
    .describe("Number of a peer's services that may always be removed at once."),
  share: fraction({
    least: 0,
    most: 1,
    remedy: "Write which part of a peer's services may always be removed at once, e.g. 0.5",
  })
    .default(DEFAULT_BRAKE.share)
    .describe("Part of a peer's services, 0 to 1, that may always be removed at once."),
  acceptWithdrawal: pasted(cleanText, WITHDRAWAL_TOKEN).optional().meta({
    description: "Token of the one change of exports that may take from peers what they import.",
    defaultsTo: "none",
    page: "exports.md#who-imports-what",
  }),
})
  .prefault({})
  .describe(
    "A peer that would lose more services at once than both limits allow keeps them all, and no export that a peer imports is withdrawn unasked.",
  );

export type Brake = z.output<typeof brake>;
