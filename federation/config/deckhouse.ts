import * as z from "zod";
import { peerServiceFields } from "./importRules.ts";
import { fillTemplate } from "../core/domains.ts";
import { oneOrSeveral } from "../core/lists.ts";
import { CLUSTER_UUID } from "../core/names.ts";
import { cleanFingerprint, cleanText, pasted } from "../core/pasted.ts";
import { type Complaint, type TextRule, fields, someText, text, valueAt } from "../core/schema.ts";
import { parseSpiffeId } from "../core/spiffe.ts";
import { KEY_FINGERPRINT, canonicalFingerprint } from "../x509/certificate.ts";

const ENDPOINT: TextRule = {
  test: (value) => {
    // An empty query or fragment is none to URL, and takes the document's path nevertheless.
    const url = URL.canParse(value) && !/[\s?#]/.test(value) ? new URL(value) : undefined;
    const parts = [url?.username, url?.password];
    return url?.protocol === "https:" && parts.every((part) => part === "");
  },
  rule: "must be an https:// address, without user, password, query and fragment",
  remedy: "Write https://<host>/metadata/, as in the metadataEndpoint of an IstioFederation",
  withoutValue: true,
};

/** Identity of a service, in which `{name}` and `{namespace}` stand for those of the service. */
const IDENTITY_TEMPLATE: TextRule = {
  test: (value) => templateDomain(value) !== undefined,
  rule: "must be a SPIFFE id, in which '{name}' and '{namespace}' may stand for those of the service",
  remedy: "Write it in full, e.g. spiffe://b.local/ns/{namespace}/sa/default",
};

/** Returns the trust domain of an identity's template, which has no placeholder; undefined for another text. */
function templateDomain(template: string): string | undefined {
  if (/^spiffe:\/\/[^/]*\{/.test(template)) return undefined;
  const id = fillTemplate(template, { name: "a", namespace: "a" });
  return id === undefined ? undefined : parseSpiffeId(id)?.trustDomain;
}

const identityRule = fields({
  ...peerServiceFields,
  subjectAltNames: oneOrSeveral(text(IDENTITY_TEMPLATE)).meta({
    description: "SPIFFE ids of the workloads, with `{name}` and `{namespace}` of the service.",
  }),
});

/** A rule for the identities of a Deckhouse cluster's services. */
export type IdentityRule = z.output<typeof identityRule>;

/** The section `peers.<name>.deckhouse`. */
export const deckhousePeer = fields({
  metadataEndpoint: pasted(cleanText, ENDPOINT)
    .transform((url) => url.replace(/\/+$/, ""))
    .meta({
      description:
        "`https://` address of the cluster's metadata, e.g. `https://istio.b.example.com/metadata/`.",
    }),
  ca: someText.optional().meta({
    description: "Certificates that verify the server too, a file or PEM.",
    defaultsTo: "the machine's alone",
  }),
  clusterUUID: pasted(cleanText, CLUSTER_UUID).optional().meta({
    description: "UUID that the cluster must have.",
    defaultsTo: "pinned at first sight",
  }),
  authnKey: pasted(cleanFingerprint, KEY_FINGERPRINT).transform(canonicalFingerprint).optional().meta({
    description: "SHA-256 of the public key that the cluster must have.",
    defaultsTo: "pinned at first sight",
  }),
  identities: z.array(identityRule).optional().meta({
    description: "Identities of the cluster's services; the first rule that matches decides.",
    defaultsTo: "none: any workload of its trust domain",
    page: "deckhouse.md#identities",
  }),
});

/** Settings of a peer that is a Deckhouse cluster. */
export type DeckhouseConfig = z.output<typeof deckhousePeer>;

/**
 * Checks the settings of a Deckhouse cluster in view of the peer's others; paths start at the peer.
 * @param peer settings of the peer, which may have faults of their own.
 */
export function checkDeckhouse(peer: object): Complaint[] {
  if (valueAt(peer, ["deckhouse"]) === undefined) return [];
  const trustDomain = valueAt(peer, ["identity", "trustDomain"]);
  const complaints: Complaint[] = [];
  if (trustDomain === undefined)
    complaints.push({
      path: ["identity", "trustDomain"],
      rule: "is missing, and a Deckhouse cluster's documents do not name it",
      remedy:
        "Write the cluster's clusterDomain (global setting of Deckhouse), which is its trust domain too",
    });
  if (valueAt(peer, ["acceptContract"]) !== undefined)
    complaints.push({
      path: ["acceptContract"],
      rule: "is for signed contracts, and a Deckhouse cluster's documents are not signed",
      remedy: "Remove it",
    });
  const rules = valueAt(peer, ["deckhouse", "identities"]);
  for (const [index, rule] of (Array.isArray(rules) ? (rules as unknown[]) : []).entries()) {
    const ids = [valueAt(rule, ["subjectAltNames"])].flat();
    const domains = ids.map((id) => (typeof id === "string" ? templateDomain(id) : undefined));
    const stranger = domains.find((domain) => domain !== undefined && domain !== trustDomain);
    if (stranger === undefined || typeof trustDomain !== "string") continue;
    complaints.push({
      path: ["deckhouse", "identities", index, "subjectAltNames"],
      rule: `has one of trust domain '${stranger}', and the cluster's is '${trustDomain}'`,
      remedy: "Name identities of its own workloads",
    });
  }
  return complaints;
}
