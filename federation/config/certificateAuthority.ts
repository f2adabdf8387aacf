import * as z from "zod";
import { fields } from "../schema.ts";

/** The cluster's certificate authority. */
export const certificateAuthority = fields({
  algorithm: z.enum(["ECDSA", "RSA"]).default("ECDSA"),
  expiryWarningDays: z
    .number()
    .refine((value) => Number.isInteger(value) && value >= 0, {
      error: "must be a whole number of days, 0 or more",
      params: { remedy: "Write how long before its end a certificate is to be warned of" },
    })
    .default(90),
});
