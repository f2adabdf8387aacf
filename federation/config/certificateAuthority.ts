import * as z from "zod";
import { PHASES } from "../rotation.ts";
import { type Complaint, checked, fields, someText } from "../schema.ts";

/** How many days before its end a certificate is worth a warning. */
const EXPIRY_WARNING_DAYS = 90;

/** istiod signs for a day unless told otherwise; the hour is for it to take in what it is to sign with. */
const WORKLOAD_CERTIFICATE_HOURS = 25;

const rotation = checked(
  fields({
    root: z.number().refine((value) => Number.isInteger(value) && value >= 1, {
      error: "must be the number of a root: 1 or more",
      params: { remedy: "Count on from the root that the stack has: its output `rotation` tells" },
    }),
    phase: z.enum(PHASES),
  }),
  ({ root, phase }): Complaint[] =>
    root === 1 && phase !== "drop"
      ? [
          {
            path: ["root"],
            rule: "is 1, the first root, which comes in after none",
            remedy: "Write 2 to replace the first root, or leave rotation out",
          },
        ]
      : [],
);

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
  rotation: rotation.exactOptional(),
  workloadCertificateHours: z
    .number()
    .refine((value) => Number.isFinite(value) && value >= 0, {
      error: "must be a number of hours, 0 or more",
      params: { remedy: "Write how long a workload's certificate may serve" },
    })
    .default(WORKLOAD_CERTIFICATE_HOURS),
  provided: provided.exactOptional(),
  allowUnconstrainedAnchors: z.boolean().default(false),
});

/** The cluster's certificate authority: where it comes from, and what goes with that. */
export const certificateAuthority = checked(
  section,
  ({ source, provided: given, rotation: wanted }): Complaint[] => {
    if (source !== "own" && wanted !== undefined) {
      const remedy = "Leave it out: whoever holds the root rotates it";
      return [
        { path: ["rotation"], rule: `is for a root of one's own, but the source is '${source}'`, remedy },
      ];
    }
    if (source === "provided" && given === undefined) {
      const remedy = "Write which files or secrets: {certificate, key, chain, root, rootKey}";
      return [{ path: ["provided"], rule: "is missing, as the source is 'provided'", remedy }];
    }
    if (source === "own" && given !== undefined) {
      const remedy = "Write source: provided beside it, or leave it out";
      return [{ path: ["provided"], rule: "is given, but the source is 'own'", remedy, withoutValue: true }];
    }
    return [];
  },
);
