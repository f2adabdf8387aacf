import * as z from "zod";
import { ADDRESS, canonicalAddress } from "../address.ts";
import { type Fault, pathOf } from "../fault.ts";
import { KEY_FINGERPRINT, canonicalFingerprint } from "../authority/fingerprint.ts";
import { DNS_LABEL, overlap } from "../hostname.ts";
import { compare, sortedRecord, sortedUnique } from "../order.ts";
import { fields, text } from "../schema.ts";
import { TRUST_DOMAIN } from "../spiffe.ts";
import { STACK_NAME } from "../stackName.ts";
import { pattern } from "../textRule.ts";
import { expiryWarningDays, keyAlgorithm } from "./certificateAuthority.ts";
import { type StackOwner, asRecord, judgeStack } from "./stackNames.ts";

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
