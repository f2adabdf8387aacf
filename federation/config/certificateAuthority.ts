import * as z from "zod";
import { PHASES } from "../authority/rotation.ts";
import { AUTHORITY_KINDS } from "../authority/source.ts";
import type { Fault } from "../core/fault.ts";
import { STACK_NAME } from "../core/names.ts";
import { type Complaint, checked, text, fields, someText, valueAt } from "../core/schema.ts";
import { FINGERPRINT, canonicalFingerprint } from "../x509/certificate.ts";

const list = checked(z.array(text(FINGERPRINT)), (value): Complaint[] =>
  value.length > 0
    ? []
    : [{ rule: "must name at least one root", remedy: "Write its fingerprint, or leave the field out" }],
);

/** The only roots that somebody may have, by their fingerprints. */
export const fingerprints = list.transform((roots) => roots.map(canonicalFingerprint));
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
/** Where Helm values of istiod say how long workloads' certificates serve: what proxies ask for, and what they get that do not ask. */
const SETTINGS = [
  ["meshConfig", "defaultConfig", "proxyMetadata", "SECRET_TTL"],
  ["env", "DEFAULT_WORKLOAD_CERT_TTL"],
];

/** As Go writes a duration: `24h`, `1h30m`. */
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

const authority = z.object({
  workloadCertificateHours: z.number().optional(),
  rotation: z.object({ phase: z.string() }).optional().catch(undefined),
});

const PATH = "certificateAuthority.workloadCertificateHours";

/**
 * A workload's certificate must not outlive what the rotation of a root waits for: it would be refused for the rest of its life.
 * @param raw the config's `certificateAuthority`, unchecked; `istio` likewise.
 * @param byDefault hours where the config says nothing.
 */
export function judgeCertificateLife(raw: unknown, istio: unknown, byDefault: number): Fault[] {
  const { workloadCertificateHours: hours = byDefault, rotation } = authority.safeParse(raw ?? {}).data ?? {};
  if (hours === 0) {
    if (rotation?.phase === "drop") return [];
    const rule = "is 0, which is for the step that drops a root, when all workloads are restarted";
    return [{ path: PATH, value: hours, rule, remedy: "Leave it out, or write how long they serve" }];
  }
  return SETTINGS.flatMap((keys) => {
    const value = valueAt(istio, ["values", "istiod", ...keys]);
    const seconds = typeof value === "string" ? secondsIn(value) : undefined;
    if (seconds === undefined || seconds <= Math.ceil(hours * 3600)) return [];
    return [
      {
        path: PATH,
        value: hours,
        rule: `is shorter than ${keys.at(-1)} in istio.values.istiod, ${String(value)}: a root could be dropped while certificates under it serve`,
        remedy: `Write ${Math.ceil(seconds / 3600)}`,
      },
    ];
  });
}

function secondsIn(duration: string): number | undefined {
  if (!DURATION.test(duration)) return undefined;
  const parts = duration.matchAll(/([\d.]+)([a-z]+)/g);
  return [...parts].reduce((sum, [, count, unit = ""]) => sum + Number(count) * (SECONDS[unit] ?? 0), 0);
}
