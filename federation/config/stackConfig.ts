import * as z from "zod";
import { checkCallers } from "./callers.ts";
import {
  certificateAuthority,
  checkAuthoritySource,
  checkCertificateLife,
  checkProvided,
} from "./certificateAuthority.ts";
import { checkClusterDomains, cluster } from "./cluster.ts";
import { checkDns, dns } from "./dns.ts";
import { checkExportGateways, checkExportNames, checkExportPeers, exportRules } from "./exports.ts";
import { checkExistingGateway, gateway } from "./gateway.ts";
import type { ClusterDefaults } from "../existing/clusterDefaults.ts";
import { checkExisting, isIstioKnown, istio } from "./istio.ts";
import { checkRevisions } from "./revisions.ts";
import { checkPeers, peers } from "./peers.ts";
import { brake } from "./brake.ts";
import { notify } from "./notify.ts";
import { checkPublish, publish } from "./publish.ts";
import { type Draft, draftOf, isGiven, settle } from "./sections.ts";
import { checkSingleMesh, singleMesh } from "./singleMesh.ts";
import { traffic } from "./traffic.ts";
import { CIDR } from "../core/address.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { STACK_NAME } from "../core/names.ts";
import { cleanText, pasted } from "../core/pasted.ts";
import { type Complaint, fields, someText, suggestion, unknownField, orUndefined } from "../core/schema.ts";
import { TOPOLOGIES } from "../core/topology.ts";

/** Namespace of this program's config keys: the project's name in Pulumi.yaml. */
export const CONFIG_NAMESPACE = "istio-federation";

const kubeconfig = fields({
  path: orUndefined(someText).meta({
    description: "File, relative to the program's folder or `~/...`; its content is never stored.",
    defaultsTo: "`$KUBECONFIG`, else `~/.kube/config`",
  }),
  // Required, as the current context is whatever cluster somebody looked at last.
  context: someText.describe("Context of this cluster in the kubeconfig."),
})
  .prefault({} as never)
  .meta({ description: "How the program connects to this cluster.", page: "kubeconfig.md" });

const contract = fields({
  stack: orUndefined(pasted(cleanText, STACK_NAME)).meta({
    description: "Contract stack, which has `contractOf: <this stack>`; each run says when it is behind.",
    defaultsTo: "none",
  }),
})
  .prefault({})
  .meta({ description: "Where this cluster's contract is published for peers.", page: "contract.md" });

/** The schema of each key of a cluster's stack, without the project's prefix: the one source of types, docs and editor help. */
export const sections = {
  cluster,
  topology: z.enum(TOPOLOGIES).default("federation").meta({
    description: "How clusters are connected; the same in all clusters of a mesh, and fixed.",
    page: "topologies.md",
  }),
  dns,
  singleMesh,
  kubeconfig,
  certificateAuthority,
  istio,
  gateway,
  publish,
  exports: exportRules,
  contract,
  notify,
  peers,
  brake,
  traffic,
  allowGatewayAddresses: z
    .array(pasted(cleanText, CIDR).optional())
    .transform((ranges) => ranges.filter((range) => range !== undefined))
    .prefault([])
    .describe("CIDR ranges of loopback, link-local and similar addresses that a peer's gateway may have."),
};

/** A cluster's config, parsed, with all defaults. */
export type StackConfig = { [K in keyof typeof sections]: z.output<(typeof sections)[K]> };

/** The keys of a cluster's stack, without the project's prefix. */
export const CONFIG_KEYS = Object.keys(sections) as readonly (keyof StackConfig)[];

/** The keys of all kinds of stacks. */
const ALL_KEYS = [...CONFIG_KEYS, "rootAuthority", "contractOf"];

/** A parsed config, and its faults. */
export interface ParsedConfig<T> {
  /** Without faulty sections and entries, see `skipped`; `undefined` when nothing could be read or planned by the rest. */
  config: T | undefined;
  /** All faults at once: wrong values, unknown fields, and contradictions between sections. */
  faults: Fault[];
  /**
   * Paths of faulty sections, in whose place defaults stand, and of faulty entries, which are left out: `certificateAuthority`, `peers.b`.
   * Of a faulty `certificateAuthority` with provided certificates the valid fields stay. A faulty rule (`exports[1]`,
   * `peers.b.imports[0]`) is one that matches nothing, so that the others keep their places.
   */
  skipped: string[];
}

/** Sections without which nothing can be read or planned; a contradiction with another section leaves them usable. */
const ESSENTIAL = ["cluster", "kubeconfig", "topology", "singleMesh"] as const;

/**
 * Parses the config of a cluster's stack.
 * @param raw values by key without the project's prefix; a key that is `undefined` counts as not there.
 * @param stack the stack's own name, so that it does not become its own peer.
 * @param keys all config keys of the stack with their namespaces.
 * @param installed fields of `cluster` that an Istio of somebody else decides, where the stack does not set them.
 */
export function parseConfig(
  given: Readonly<Record<string, unknown>>,
  stack: string,
  keys: readonly string[] = [],
  installed: ClusterDefaults = {},
): ParsedConfig<StackConfig> {
  const raw = withDefaults(given, installed);
  const unknown = Object.keys(raw)
    .filter((key) => !Object.hasOwn(sections, key) && raw[key] !== undefined)
    // Empty by default: the stack is of another kind where they are not.
    .filter((key) => key !== "rootAuthority" || isGiven(raw[key]))
    .filter((key) => key !== "contractOf" || raw[key] !== "")
    .map((key) => unknownField([key], key, ALL_KEYS));
  const draft = draftOf<StackConfig>(sections, raw);
  const complaints = [
    ...checkClusterDomains(draft),
    ...checkPeers(draft, stack),
    ...checkContractStack(draft, stack),
    ...checkExportPeers(draft),
    ...checkExportNames(draft),
    ...checkExportGateways(draft),
    ...checkCallers(draft),
    ...checkAuthoritySource(draft, stack),
    ...checkProvided(draft),
    ...checkDns(draft),
    ...checkPublish(draft),
    ...checkSingleMesh(draft),
    ...checkCertificateLife(draft),
    ...checkExisting(draft),
    ...checkRevisions(draft),
    ...checkExistingGateway(draft),
  ];
  const {
    sections: settled,
    faults,
    skipped,
  } = settle<StackConfig>(sections, raw, draft, complaints, ESSENTIAL);
  const parsed = { ...settled, ...validProvided(draft, skipped) };
  return {
    config:
      isUsable(parsed) && ESSENTIAL.every((key) => !skipped.includes(key)) && isIstioKnown(draft)
        ? parsed
        : undefined,
    faults: [...checkNamespaces(keys), ...unknown, ...faults],
    skipped,
  };
}

/** Checks that the contract stack is a stack of its own. */
function checkContractStack(draft: Draft<StackConfig>, own: string): Complaint[] {
  const stackAt = (...path: string[]) => cleanText(draft.textAt(...path, "stack") ?? "");
  const stack = stackAt("contract");
  if (stack === "") return [];
  const twin = draft.keysOf("peers").find((peer) => stackAt("peers", peer) === stack);
  const rules = [
    ...(stack === own ? ["is this very stack, which holds keys"] : []),
    ...(twin === undefined ? [] : [`is the stack of peer ${twin} too`]),
  ];
  const remedy = `Name a stack of its own, whose only config is contractOf: ${own}`;
  return rules.map((rule) => ({ path: ["contract", "stack"], rule, remedy }));
}

/** Adds what is known of the cluster where the section `cluster` does not set it. */
function withDefaults(
  raw: Readonly<Record<string, unknown>>,
  installed: ClusterDefaults,
): Readonly<Record<string, unknown>> {
  const { cluster: given } = raw;
  const isMap = typeof given === "object" && given !== null && !Array.isArray(given);
  return isMap ? { ...raw, cluster: { ...installed, ...given } } : raw;
}

/** Certificates from outside are validated by themselves, so a fault in another field of their section hides none of theirs. */
function validProvided(
  { sections: { certificateAuthority: authority } }: Draft<StackConfig>,
  skipped: readonly string[],
): Partial<StackConfig> {
  if (authority?.source !== "provided" || !skipped.includes("certificateAuthority")) return {};
  return { certificateAuthority: authority };
}

/** Whether all is there that reading and planning need. */
function isUsable(parsed: Partial<StackConfig>): parsed is StackConfig {
  const { cluster: own, kubeconfig: access, topology, singleMesh: mesh } = parsed;
  if (own === undefined || access === undefined || topology === undefined) return false;
  return topology !== "single-mesh" || mesh !== undefined;
}

/**
 * Finds config keys whose namespace is a misspelling of ours: Pulumi hands them to nobody, and what they set would be missing in silence.
 * @param keys of the whole stack, e.g. `istio-federation:exports`, `aws:region`.
 */
export function checkNamespaces(keys: readonly string[]): Fault[] {
  return keys.flatMap((key): Fault[] => {
    const [namespace = "", ...rest] = key.split(":");
    if (
      namespace === CONFIG_NAMESPACE ||
      rest.length === 0 ||
      suggestion(namespace, [CONFIG_NAMESPACE]) === undefined
    )
      return [];
    const path = /^[\w.:-]{1,100}$/.test(key) ? key : pathOf(key);
    const rule = `is in namespace '${namespace}', which is not read`;
    return [
      { path, rule, remedy: `Write '${CONFIG_NAMESPACE}:${rest.join(":")}', if that is what you mean` },
    ];
  });
}
