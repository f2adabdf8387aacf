import * as z from "zod";
import { type Complaint, checked, fields, someText } from "../schema.ts";

/** How many days before its end a certificate is worth a warning. */
const EXPIRY_WARNING_DAYS = 90;

const provided = fields({
  certificate: someText,
  key: someText,
  chain: someText.exactOptional(),
  root: someText,
  rootKey: someText.exactOptional(),
});

const section = fields({
  source: z.enum(["own", "provided"]).default("own"),
  algorithm: z.enum(["ECDSA", "RSA"]).default("ECDSA"),
  expiryWarningDays: z
    .number()
    .refine((value) => Number.isInteger(value) && value >= 0, {
      error: "must be a whole number of days, 0 or more",
      params: { remedy: "Write how long before its end a certificate is to be warned of" },
    })
    .default(EXPIRY_WARNING_DAYS),
  provided: provided.exactOptional(),
  allowUnconstrainedAnchors: z.boolean().default(false),
});

/** The cluster's certificate authority: where it comes from, and what goes with that. */
export const certificateAuthority = checked(section, ({ source, provided: given }): Complaint[] => {
  if (source === "provided" && given === undefined) {
    const remedy = "Write which files or secrets: {certificate, key, chain, root, rootKey}";
    return [{ path: ["provided"], rule: "is missing, as the source is 'provided'", remedy }];
  }
  if (source === "own" && given !== undefined) {
    const remedy = "Write source: provided beside it, or leave it out";
    return [{ path: ["provided"], rule: "is given, but the source is 'own'", remedy, withoutValue: true }];
  }
  return [];
});
