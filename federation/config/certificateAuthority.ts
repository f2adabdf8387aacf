import * as z from "zod";
import { fraction, wholeNumber } from "./field.ts";
import type { Draft } from "./sections.ts";
import type { StackConfig } from "./stackConfig.ts";
import { PHASES } from "../authority/rotation.ts";
import { STACK_NAME } from "../core/names.ts";
import { cleanFingerprint, cleanText, pasted } from "../core/pasted.ts";
import { valuesOfIstiods } from "../core/revision.ts";
import { type Complaint, checked, fields, someText, valueAt, orUndefined } from "../core/schema.ts";
import { TRAITS } from "../core/topology.ts";
import { FINGERPRINT, canonicalFingerprint } from "../x509/certificate.ts";

/** Sources of a cluster's certificate authority: made by this stack, given from outside, or certified by a root that clusters share. */
const AUTHORITY_KINDS = ["own", "provided", "shared"] as const;

export type AuthorityKind = (typeof AUTHORITY_KINDS)[number];

/** SHA-256 fingerprints of the only roots that somebody may have, in the form `AB:CD:...`. */
export const fingerprints = checked(z.array(pasted(cleanFingerprint, FINGERPRINT)), (value): Complaint[] =>
  value.length > 0
    ? []
    : [{ rule: "must name at least one root", remedy: "Write its fingerprint, or remove the field" }],
).transform((roots) => roots.map(canonicalFingerprint));

/** Algorithm of keys that the program makes. */
export const keyAlgorithm = z
  .enum(["ECDSA", "RSA"])
  .default("ECDSA")
  .describe("Algorithm of new keys: `ECDSA` (P-256) or `RSA` (4096 bits).");

/** Days before its end from which on a certificate has a warning. */
export const expiryWarningDays = wholeNumber({
  least: 0,
  unit: "days",
  remedy: "Write how long before its end a certificate has a warning",
})
  .default(90)
  .describe("Days before a certificate expires from which on each run warns.");

/** A year: istiod itself signs for 90 days at most by default. */
const LONGEST_HOURS = 8760;

/** A day, in minutes. */
const LONGEST_SETTLING = 1440;

const rotation = checked(
  fields({
    root: wholeNumber({
      least: 1,
      remedy: "Count on from the root that the stack has: see `lastRun.rotation` of its outputs",
    }).describe("Number of the root that is added; the first root is 1."),
    phase: z.enum(PHASES).describe("How far the rotation is to go: `announce`, `trust`, `sign`, `drop`."),
  }),
  ({ root, phase }): Complaint[] =>
    root === 1 && phase !== "drop"
      ? [
          {
            path: ["root"],
            rule: "is 1, the first root, which replaces none",
            remedy: "Write 2 to replace the first root, or remove rotation",
          },
        ]
      : [],
);

export type Rotation = z.output<typeof rotation>;

const provided = fields({
  certificate: orUndefined(someText).meta({
    description: "Certificate that istiod signs with (`ca-cert.pem`).",
    defaultsTo: "required, except with `istio.existing`",
  }),
  key: orUndefined(someText).meta({
    description: "Private key of the certificate, unencrypted (`ca-key.pem`); PEM only as a secret.",
    defaultsTo: "required, except with `istio.existing`",
  }),
  chain: someText.optional().meta({
    description: "Certificates between `certificate` and `root`, the nearest first.",
    defaultsTo: "none",
  }),
  root: someText.describe("Root certificates, at least one (`root-cert.pem`)."),
  rootKey: someText.optional().meta({
    description: "Private key of a root, for constrained trust anchors; PEM only as a secret.",
    defaultsTo: "none",
  }),
});

/** A certificate authority from outside: each field a file, or PEM. */
export type ProvidedPems = z.output<typeof provided>;

const shared = fields({
  stack: pasted(cleanText, STACK_NAME).describe(
    "Stack of the shared root: a bare name in this project, else `organization/project/stack`.",
  ),
  roots: orUndefined(fingerprints).meta({
    description: "SHA-256 fingerprints of the only roots that the stack may have.",
    defaultsTo: "pinned at first sight",
  }),
});

const section = fields({
  source: z.enum(AUTHORITY_KINDS).default("own").meta({
    description: "Origin of certificates: this stack, outside, or a shared root.",
    page: "certificate-authority.md",
  }),
  algorithm: keyAlgorithm,
  provided: orUndefined(provided).meta({
    description: "With `source: provided`: files, relative to the program or `~/...`, or PEM as secrets.",
    defaultsTo: "none",
  }),
  shared: orUndefined(shared).meta({
    description: "With `source: shared`: the stack that holds the root.",
    defaultsTo: "none",
  }),
  allowUnconstrainedAnchors: z.boolean().default(false).meta({
    description: "Trusts peers' roots as they are where there is no root key to constrain them.",
    page: "trust.md",
  }),
  rotation: orUndefined(rotation).meta({
    description: "With `source: own`: the root to change to, and the phase of the change.",
    defaultsTo: "the first root",
    page: "rotation.md",
  }),
  // By default as istiod signs.
  workloadCertificateHours: fraction({
    least: 0,
    most: LONGEST_HOURS,
    unit: "hours",
    remedy: "Write how long a workload's certificate may be valid",
  })
    .default(24)
    .meta({
      description: "Longest life of a workload certificate; 0 drops a root once all workloads restarted.",
      page: "rotation.md",
    }),
  // A kubelet brings a changed Secret within some two minutes; an update may take some itself.
  settlingMinutes: fraction({
    least: 0,
    most: LONGEST_SETTLING,
    unit: "minutes",
    remedy: "Write how long a changed Secret takes to reach every istiod",
  })
    .default(10)
    .describe("Minutes until a changed Secret has reached every istiod and proxy."),
  expiryWarningDays,
});

/** The field of each source from elsewhere, and how to write it. */
const ELSEWHERE = {
  provided:
    "Write which files or secrets: {certificate, key, chain, root, rootKey}; with istio.existing {root, rootKey}",
  shared: "Write which stack holds the root: {stack}",
} as const;

/** The section `certificateAuthority`: where the cluster's root and intermediate are from, and their rotation. */
export const certificateAuthority = checked(section, (value): Complaint[] => {
  const { source, rotation: wanted } = value;
  const misplaced = Object.entries(ELSEWHERE).flatMap(([field, remedy]): Complaint[] => {
    const isThere = value[field as keyof typeof ELSEWHERE] !== undefined;
    if (source === field && !isThere)
      return [{ path: [field], rule: `is missing, as the source is '${field}'`, remedy }];
    if (source === field || !isThere) return [];
    const rule = `is given, but the source is '${source}'`;
    return [{ path: [field], rule, remedy: `Write source: ${field} beside it, or remove it` }];
  });
  if (source === "own" || wanted === undefined) return misplaced;
  const rule = `is for an own root, but the source is '${source}'`;
  const remedy = "Leave it out: whoever holds the root rotates it";
  return [...misplaced, { path: ["rotation"], rule, remedy }];
})
  .prefault({})
  .describe("Where the cluster's root and intermediate are from, their keys and their rotation.");

/** Checks the source of the certificate authority against the topology and this stack's own name. */
export function checkAuthoritySource(
  { sections: { certificateAuthority: authority, topology }, isFaulty }: Draft<StackConfig>,
  stack: string,
): Complaint[] {
  if (authority === undefined) return [];
  const complaints: Complaint[] = [];
  if (authority.shared?.stack === stack) {
    complaints.push({
      path: ["certificateAuthority", "shared", "stack"],
      rule: `is '${stack}', this very stack`,
      remedy: "Name the stack that holds the shared root: one with rootAuthority in its config",
    });
  }
  if (topology === undefined || isFaulty("certificateAuthority", "source")) return complaints;
  const fit = TRAITS[topology].sources;
  if (fit.includes(authority.source)) return complaints;
  complaints.push({
    path: ["certificateAuthority", "source"],
    rule: `is '${authority.source}', but the clusters of topology '${topology}' are all under one root`,
    remedy: `Write source: ${fit.join(" or ")}, or another topology`,
  });
  return complaints;
}

/** Parts of a provided authority by whose Istio it is for. */
const PARTS = {
  own: { needed: ["certificate", "key"], useless: [] },
  existing: { needed: ["rootKey"], useless: ["certificate", "key", "chain"] },
} as const;

/** Checks which parts of a provided authority are given: an istiod that is there has its certificate, and only its root can be of use. */
export function checkProvided({
  sections: { certificateAuthority: authority, istio },
  isFaulty,
  isSet,
}: Draft<StackConfig>): Complaint[] {
  const at = (field: string) => ["certificateAuthority", "provided", field];
  if (authority?.provided === undefined || isFaulty("istio", "existing")) return [];
  const { needed, useless } = PARTS[istio?.existing === undefined ? "own" : "existing"];
  return [
    ...needed
      .filter((field) => !isSet(...at(field)) && !isFaulty(...at(field)))
      .map((field) => ({ path: at(field), rule: "is missing", remedy: "Add it: text" })),
    ...useless
      .filter((field) => isSet(...at(field)))
      .map((field) => ({
        path: at(field),
        rule: "is what istiod signs with, and the istiod of istio.existing has a certificate of its own",
        remedy: "Remove it: only root and rootKey, which sign the trust anchors of peers, are used",
      })),
  ];
}

/** Helm values of istiod that set the life of workloads' certificates: requested by proxies, and istiod's default. */
const LIFE_VALUES = [
  ["meshConfig", "defaultConfig", "proxyMetadata", "SECRET_TTL"],
  ["env", "DEFAULT_WORKLOAD_CERT_TTL"],
];

/** Checks that no workload's certificate outlives the wait of a root's rotation: peers would refuse it from then on. */
export function checkCertificateLife({
  sections: { certificateAuthority: authority, istio },
  isFaulty,
}: Draft<StackConfig>): Complaint[] {
  const path = ["certificateAuthority", "workloadCertificateHours"];
  if (authority === undefined || isFaulty(...path)) return [];
  const { workloadCertificateHours: hours, rotation: wanted } = authority;
  if (hours === 0) {
    if (wanted?.phase === "drop" || isFaulty("certificateAuthority", "rotation")) return [];
    const rule = "is 0, which is for the phase that drops a root, when all workloads are restarted";
    return [{ path, rule, remedy: "Leave it out, or write how long workloads' certificates are valid" }];
  }
  const istiods = istio === undefined ? [] : valuesOfIstiods(istio);
  const given = istiods.flatMap((istiod) => LIFE_VALUES.map((keys) => ({ ...istiod, keys })));
  return given.flatMap(({ values, path: place, keys }) => {
    const value = valueAt(values, keys);
    const seconds = typeof value === "string" ? secondsIn(value) : undefined;
    if (seconds === undefined || seconds <= Math.ceil(hours * 3600)) return [];
    const rule = `is ${hours}, shorter than ${keys.at(-1)} in ${place.join(".")}, ${String(value)}: a root could be dropped while certificates under it are valid`;
    return [{ path, rule, remedy: `Write ${Math.ceil(seconds / 3600)}` }];
  });
}

/** Seconds in a duration as Go writes it (`24h`, `1h30m`); `undefined` for any other text. */
function secondsIn(duration: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(duration)) return undefined;
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  const parts = duration.matchAll(/([\d.]+)([a-z]+)/g);
  return [...parts].reduce((sum, [, count, unit = ""]) => sum + Number(count) * (units[unit] ?? 0), 0);
}
