import * as z from "zod";
import { FINGERPRINT, canonicalFingerprint } from "../authority/fingerprint.ts";
import { type Complaint, checked, text } from "../schema.ts";

const list = checked(z.array(text(FINGERPRINT)), (value): Complaint[] =>
  value.length > 0
    ? []
    : [{ rule: "must name at least one root", remedy: "Write its fingerprint, or leave the field out" }],
);

/** The only roots that somebody may have, by their fingerprints. */
export const fingerprints = list.transform((roots) => roots.map(canonicalFingerprint));
