import * as z from "zod";
import type { Fault } from "../fault.ts";
import { AUTHORITY_KINDS } from "../authority/authorityKind.ts";
import { PHASES } from "../authority/rotation.ts";
import { type Complaint, checked, fields, someText, text } from "../schema.ts";
import { STACK_NAME } from "../stackName.ts";
import { fingerprints } from "./fingerprints.ts";

const EXPIRY_WARNING_DAYS = 90;

/** For which istiod signs unless told otherwise. */
export const WORKLOAD_CERTIFICATE_HOURS = 24;

/** A year: istiod itself signs for 90 days at most, unless told otherwise. */
const LONGEST_HOURS = 8760;

/** A kubelet brings a changed Secret within some two minutes; an update may take some itself. */
const SETTLING_MINUTES = 10;

/** A day, in minutes. */
const LONGEST_SETTLING = 1440;

const rotation = checked(
  fields({
    root: z.number().refine((value) => Number.isSafeInteger(value) && value >= 1, {
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

const shared = fields({
  stack: text(STACK_NAME),
  roots: fingerprints.exactOptional(),
});

/** Of keys that are made. */
export const keyAlgorithm = z.enum(["ECDSA", "RSA"]).default("ECDSA");

/** How many days before its end a certificate is worth a warning. */
export const expiryWarningDays = z
  .number()
  .refine((value) => Number.isInteger(value) && value >= 0, {
    error: "must be a whole number of days, 0 or more",
    params: { remedy: "Write how long before its end a certificate is to be warned of" },
  })
  .default(EXPIRY_WARNING_DAYS);

const section = fields({
  source: z.enum(AUTHORITY_KINDS).default("own"),
  algorithm: keyAlgorithm,
  expiryWarningDays,
  rotation: rotation.exactOptional(),
  workloadCertificateHours: z
    .number()
    .refine((value) => value >= 0 && value <= LONGEST_HOURS, {
      error: `must be a number of hours, from 0 to ${LONGEST_HOURS}`,
      params: { remedy: "Write how long a workload's certificate may serve" },
    })
    .default(WORKLOAD_CERTIFICATE_HOURS),
  settlingMinutes: z
    .number()
    .refine((value) => value >= 0 && value <= LONGEST_SETTLING, {
      error: `must be a number of minutes, from 0 to ${LONGEST_SETTLING}`,
      params: { remedy: "Write how long a changed Secret takes to reach every istiod" },
    })
    .default(SETTLING_MINUTES),
  provided: provided.exactOptional(),
  shared: shared.exactOptional(),
  allowUnconstrainedAnchors: z.boolean().default(false),
});

/** What is to be written for a certificate authority from elsewhere. */
const ELSEWHERE = {
  provided: "Write which files or secrets: {certificate, key, chain, root, rootKey}",
  shared: "Write which stack holds the root: {stack}",
} as const;

/** The cluster's certificate authority: where it comes from, and what goes with that. */
export const certificateAuthority = checked(section, (value): Complaint[] => {
  const { source, rotation: wanted } = value;
  const misplaced = Object.entries(ELSEWHERE).flatMap(([field, remedy]): Complaint[] => {
    const isGiven = value[field as keyof typeof ELSEWHERE] !== undefined;
    if (source === field && !isGiven)
      return [{ path: [field], rule: `is missing, as the source is '${field}'`, remedy }];
    if (source === field || !isGiven) return [];
    const rule = `is given, but the source is '${source}'`;
    return [
      {
        path: [field],
        rule,
        remedy: `Write source: ${field} beside it, or leave it out`,
        withoutValue: true,
      },
    ];
  });
  if (source === "own" || wanted === undefined) return misplaced;
  const rule = `is for a root of one's own, but the source is '${source}'`;
  return [
    ...misplaced,
    { path: ["rotation"], rule, remedy: "Leave it out: whoever holds the root rotates it" },
  ];
});

/**
 * What can be wrong with it only in view of the stack.
 * @param raw the config's `certificateAuthority`, unchecked.
 * @param stack this stack's own name.
 */
export function judgeSharedStack(raw: unknown, stack: string): Fault[] {
  const { data } = sharedStack.safeParse(raw);
  if (data?.shared.stack !== stack) return [];
  const remedy = "Name the stack that holds the shared root: one with rootAuthority in its config";
  return [{ path: "certificateAuthority.shared.stack", value: stack, rule: "is this very stack", remedy }];
}

const sharedStack = z.object({ shared: z.object({ stack: z.string() }) });
