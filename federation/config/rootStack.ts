import * as z from "zod";
import { expiryWarningDays, keyAlgorithm } from "./certificateAuthority.ts";
import { foreignKeys } from "./foreignKeys.ts";
import { checkStacks } from "./stackNames.ts";
import { type Draft, draftOf, isGiven, settle } from "./sections.ts";
import { type ParsedConfig, checkNamespaces } from "./stackConfig.ts";
import { ADDRESS, canonicalAddress } from "../core/address.ts";
import { DNS_LABEL, STACK_NAME, overlap } from "../core/names.ts";
import { sortedRecord, sortedUnique } from "../core/order.ts";
import { cleanDomain, cleanFingerprint, cleanHost, cleanText, pasted } from "../core/pasted.ts";
import { type Complaint, fields, pattern, text } from "../core/schema.ts";
import { TRUST_DOMAIN } from "../core/spiffe.ts";
import { KEY_FINGERPRINT, canonicalFingerprint } from "../x509/certificate.ts";

/** RFC 5280, appendix A, has 64 characters; PrintableString has these. */
const ORGANIZATION = pattern(
  /^[A-Za-z0-9](?:[A-Za-z0-9.-]| (?! ))*(?<! )$/,
  64,
  "must be a plain name: up to 64 letters, digits, '-', '.' and single blanks, a letter or digit first",
  "Choose such a name",
);

const rootedCluster = fields({
  stack: pasted(cleanText, STACK_NAME).describe(
    "Stack of the cluster; its output `certificateRequest` is signed.",
  ),
  trustDomain: pasted(cleanDomain, TRUST_DOMAIN).describe(
    "The only trust domain of the intermediate; clusters may have one in common.",
  ),
  key: pasted(cleanFingerprint, KEY_FINGERPRINT).transform(canonicalFingerprint).optional().meta({
    description: "SHA-256 of the only public key that is signed.",
    defaultsTo: "pinned at first sight",
  }),
  istiodHosts: z
    .array(pasted((value) => canonicalAddress(cleanHost(value)), ADDRESS))
    .transform(sortedUnique)
    .prefault([])
    .describe("DNS names and IP addresses of istiod, beside `<service>.istio-system.svc`."),
});

/** A cluster that has its intermediate from a shared root. */
export type RootedCluster = z.output<typeof rootedCluster>;

/** The section `rootAuthority`; the clusters' names are checked in {@link checkRootClusters}. */
export const rootAuthority = fields({
  name: text(ORGANIZATION)
    .default("istio-federation")
    .describe("Organization in the root's subject; no cluster's trust domain."),
  algorithm: keyAlgorithm,
  expiryWarningDays,
  clusters: z
    .record(z.string(), rootedCluster)
    .transform((value) => sortedRecord(Object.entries(value)))
    .describe("Clusters whose intermediates the root signs, by name."),
}).describe("Instead of a cluster: the root that clusters share.");

export type RootAuthorityConfig = z.output<typeof rootAuthority>;

/** The schema of the one key of a shared root's stack. */
export const rootSections = { rootAuthority };

/** The config of a shared root's stack, parsed, with all defaults. */
export interface RootConfig {
  rootAuthority: RootAuthorityConfig;
}

/** Whether a stack is to hold a shared root: it is that or a cluster. */
export function isRootStack(raw: Readonly<Record<string, unknown>>): boolean {
  return isGiven(raw["rootAuthority"]);
}

/** Parses the config of a shared root's stack, as `parseConfig` does for a cluster's. A section of a cluster is a fault. */
export function parseRootConfig(
  raw: Readonly<Record<string, unknown>>,
  stack: string,
  keys: readonly string[] = [],
): ParsedConfig<RootConfig> {
  const draft = draftOf<RootConfig>(rootSections, raw);
  const { sections, faults, skipped } = settle<RootConfig>(
    rootSections,
    raw,
    draft,
    checkRootClusters(draft, stack),
    [],
  );
  const { rootAuthority: parsed } = sections;
  return {
    config: parsed === undefined ? undefined : { rootAuthority: parsed },
    faults: [...checkNamespaces(keys), ...foreignKeys(raw, "rootAuthority"), ...faults],
    skipped,
  };
}

/** Checks the names, stacks and trust domains of the clusters in view of each other. */
function checkRootClusters(draft: Draft<RootConfig>, stack: string): Complaint[] {
  const section = ["rootAuthority", "clusters"];
  const { clusters = {}, name } = draft.sections.rootAuthority ?? {};
  const organization = draft.isFaulty("rootAuthority", "name") ? undefined : name;
  const owners = Object.entries(clusters).map(([owner, cluster]) => ({ ...cluster, name: owner }));
  return [
    ...draft
      .keysOf(...section)
      .filter((cluster) => !DNS_LABEL.test(cluster))
      .map((cluster) => ({ path: [...section, cluster], rule: DNS_LABEL.rule, remedy: DNS_LABEL.remedy })),
    ...checkStacks(draft, section, "cluster", stack),
    ...owners.flatMap((owner, index) =>
      checkTrustDomain(owner, owners.slice(0, index), organization).map(({ rule, remedy }) => ({
        path: [...section, owner.name, "trustDomain"],
        rule,
        remedy,
      })),
    ),
  ];
}

/** Equal ones are one trust domain of several clusters; one inside another would be permitted by the other's constraint. */
function checkTrustDomain(
  { trustDomain }: RootedCluster,
  earlier: readonly (RootedCluster & { name: string })[],
  organization: string | undefined,
): Complaint[] {
  const complaints: Complaint[] = [];
  const around = earlier.find(
    (other) => other.trustDomain !== trustDomain && overlap(other.trustDomain, trustDomain),
  );
  if (around !== undefined) {
    const rule = `contains or lies in '${around.trustDomain}', the trust domain of cluster ${around.name}`;
    complaints.push({ rule, remedy: "Give them trust domains apart from each other, or the same" });
  }
  if (organization?.toLowerCase() === trustDomain) {
    const rule = "is the root's name too, which distinguishes its certificate from theirs";
    complaints.push({ rule, remedy: "Choose another rootAuthority.name" });
  }
  return complaints;
}
