import { X509Certificate } from "node:crypto";
import * as z from "zod";
import { expiryWarningDays, keyAlgorithm } from "./certificateAuthority.ts";
import { type Sections, isGiven, parseSections } from "./sections.ts";
import { CONFIG_KEYS } from "./stackConfig.ts";
import { type StackOwner, asRecord, judgeStack } from "./stackNames.ts";
import { ADDRESS, canonicalAddress } from "../core/address.ts";
import { type Fault, pathOf, FaultsError } from "../core/fault.ts";
import { DNS_LABEL, overlap, STACK_NAME } from "../core/names.ts";
import { compare, sortedRecord, sortedUnique } from "../core/order.ts";
import { fields, text, pattern, unknownField } from "../core/schema.ts";
import { TRUST_DOMAIN } from "../core/spiffe.ts";
import { KEY_FINGERPRINT, canonicalFingerprint } from "../x509/certificate.ts";

/** A shared root, and whose intermediates it signs. */
export interface RootAuthorityConfig {
  /** Organization in the root's subject: `istio-federation` by default. */
  name: string;
  /** Of the root's key: `ECDSA` (P-256) by default, or `RSA` (4096 bits). */
  algorithm: "ECDSA" | "RSA";
  /** How many days before its end a certificate is worth a warning: 90 by default. */
  expiryWarningDays: number;
  /** By the cluster's name, sorted. */
  clusters: Record<string, RootedCluster>;
}

/** A cluster that is to have an intermediate under a shared root. */
export interface RootedCluster {
  /** Its stack, which publishes the request. */
  stack: string;
  /** SPIFFE trust domain: the only one that its intermediate is good for. Clusters may have one in common. */
  trustDomain: string;
  /** SHA-256 of its key, as `AB:CD:...`; what is left out is pinned when it first asks. */
  key?: string;
  /** DNS names and IP addresses by which its istiod is reached, beside `<service>.istio-system.svc`; none by default. */
  istiodHosts: string[];
}

/** RFC 5280, appendix A, has 64 characters; PrintableString has these. */
const ORGANIZATION = pattern(
  /^[A-Za-z0-9](?:[A-Za-z0-9.-]| (?! ))*(?<! )$/,
  64,
  "must be a plain name: up to 64 letters, digits, '-', '.' and single blanks, a letter or digit first",
  "Choose such a name",
);

const rootedCluster = fields({
  stack: text(STACK_NAME),
  trustDomain: text(TRUST_DOMAIN),
  key: text(KEY_FINGERPRINT).transform(canonicalFingerprint).exactOptional(),
  istiodHosts: z
    .array(z.string().overwrite(canonicalAddress).pipe(text(ADDRESS)))
    .transform(sortedUnique)
    .default([]),
});

/** The section; what goes beyond one cluster is checked in {@link judgeRootClusters}. */
export const rootAuthority: z.ZodType<RootAuthorityConfig> = fields({
  name: text(ORGANIZATION).default("istio-federation"),
  algorithm: keyAlgorithm,
  expiryWarningDays,
  clusters: z.record(z.string(), rootedCluster).transform((value) => sortedRecord(Object.entries(value))),
});

/**
 * What can be wrong with the clusters under a shared root only in view of each other.
 * @param raw the config's `rootAuthority`, unchecked.
 * @param stack this stack's own name.
 */
export function judgeRootClusters(raw: unknown, stack: string): Fault[] {
  const { clusters, name = "istio-federation" } = asRecord(raw);
  const entries = Object.entries(asRecord(clusters))
    .sort(([one], [other]) => compare(one, other))
    .map(([key, value]): Entry => ({ ...asRecord(value), name: key }));
  return entries.flatMap((entry, index) => {
    const earlier = entries.slice(0, index);
    return [
      ...(DNS_LABEL.test(entry.name)
        ? []
        : [at(entry.name, [], entry.name, DNS_LABEL.rule, DNS_LABEL.remedy)]),
      ...judgeStack(entry, earlier, { noun: "cluster", section: ["rootAuthority", "clusters"], own: stack }),
      ...judgeTrustDomain(entry, earlier, name),
    ];
  });
}

/** As somebody wrote it. */
interface Entry extends StackOwner {
  trustDomain?: unknown;
}

/** Equal ones are one trust domain of several clusters; one inside another would be permitted by the other's constraint. */
function judgeTrustDomain(
  { name, trustDomain }: Entry,
  earlier: readonly Entry[],
  organization: unknown,
): Fault[] {
  if (typeof trustDomain !== "string") return [];
  const fault = (rule: string, remedy: string): Fault => at(name, ["trustDomain"], trustDomain, rule, remedy);
  const around = earlier.find(
    (other) =>
      typeof other.trustDomain === "string" &&
      other.trustDomain !== trustDomain &&
      overlap(other.trustDomain, trustDomain),
  );
  return [
    ...(around === undefined
      ? []
      : [
          fault(
            `holds or lies in '${String(around.trustDomain)}', which is that of cluster ${around.name}`,
            "Give them trust domains apart from each other, or the same",
          ),
        ]),
    ...(typeof organization === "string" && organization.toLowerCase() === trustDomain
      ? [
          fault(
            "is the root's name too, by which certificates are told apart",
            "Choose another rootAuthority.name",
          ),
        ]
      : []),
  ];
}

function at(name: string, field: string[], value: unknown, rule: string, remedy: string): Fault {
  return { path: pathOf("rootAuthority", "clusters", name, ...field), value, rule, remedy };
}
/** Config of the stack that holds a shared root, checked, with its defaults filled in. */
export interface RootConfig {
  rootAuthority: RootAuthorityConfig;
}

const sections: Sections<RootConfig> = { rootAuthority };

/** Whether a stack is to hold a shared root: it is that or a cluster. */
export function isRootStack(raw: Readonly<Record<string, unknown>>): boolean {
  return isGiven(raw["rootAuthority"]);
}

/**
 * Checks the config of a stack that holds a shared root, as `parseConfig` does for a cluster's.
 * @param raw values by key without the project's prefix.
 * @param stack the stack's own name.
 * @throws FaultsError with every fault at once; a section of a cluster is one.
 */
export function parseRootConfig(raw: Record<string, unknown>, stack: string): RootConfig {
  const { config, faults } = parseSections(sections, raw);
  const others = Object.keys(raw)
    .filter((key) => key !== "rootAuthority" && isGiven(raw[key]))
    // The project's default, which comes to every stack.
    .filter((key) => key !== "topology" || raw[key] !== "federation");
  const all = [...others.map(ofCluster), ...faults, ...judgeRootClusters(raw["rootAuthority"], stack)];
  if (all.length > 0) throw new FaultsError(`config of stack ${stack}`, all);
  return config;
}

/**
 * What a shared root that is there may not change: its name is in the root itself, so another one makes it anew, and all that it signed.
 * @param published the stack's output `rootCertificates`, unchecked; undefined before its first update.
 */
export function judgeRootName(published: unknown, { rootAuthority: { name } }: RootConfig): Fault[] {
  const [root] = certificates.safeParse(published).data ?? [];
  const [, last] = /^O=(.*)$/m.exec(root === undefined ? "" : subjectOf(root)) ?? [];
  if (last === undefined || last === name) return [];
  const rule = `is another than '${last}', which the root has: it would be made anew, and every cluster under it cut off`;
  const remedy = `Write '${last}' again, or make another stack for another root`;
  return [{ path: "rootAuthority.name", value: name, rule, remedy }];
}

const certificates = z.array(z.string());

function subjectOf(pem: string): string {
  try {
    return new X509Certificate(pem).subject;
  } catch {
    return "";
  }
}

function ofCluster(key: string): Fault {
  if (!(CONFIG_KEYS as readonly string[]).includes(key)) return unknownField([key], key, ["rootAuthority"]);
  const rule =
    "is of a cluster's stack, and 'rootAuthority' of one that holds a shared root: a stack is either";
  return { path: key, rule, remedy: "Keep the one or the other in this stack, and make another stack" };
}
