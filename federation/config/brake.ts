import * as z from "zod";
import { DEFAULT_BRAKE } from "../imports/brake.ts";
import { fields } from "../schema.ts";

/** How many of a peer's services may go at once. */
export const brake = fields({
  removals: z
    .number()
    .refine((value) => Number.isInteger(value) && value >= 0, {
      error: "must be a whole number, 0 or more",
      params: { remedy: "Write how many services of a peer may always go at once" },
    })
    .default(DEFAULT_BRAKE.removals),
  share: z
    .number()
    .refine((value) => value >= 0 && value <= 1, {
      error: "must be a part of all, from 0 to 1",
      params: { remedy: "Write which part of a peer's services may always go at once, e.g. 0.5" },
    })
    .default(DEFAULT_BRAKE.share),
});
