import { type Fault, isSkipped } from "../core/fault.ts";
import { HOST_ANNOTATION, MANAGED_BY, MANAGED_BY_LABEL, PEER_LABEL } from "../core/labels.ts";
import { sortedRecord, sortedUnique } from "../core/order.ts";
import { boundedLines, count } from "../core/text.ts";
import { IMPORT_NAMESPACE } from "../core/wellKnown.ts";
import type { PlanContext } from "../plan.ts";
import { required } from "../snapshot.ts";

/**
 * Objects of imports whose peer is neither in the stack's config nor in its last outputs: an update was killed, or the state was lost, and
 * then the peer was removed from the config.
 */
export interface Leftover {
  /** Number of services with at least one object, usually a ServiceEntry. */
  entries: number;
  /** Creation time of the newest object, as Kubernetes formats it: objects that are left behind later have another one. */
  newest: string;
}

/** Metadata of an object. */
export interface ObjectMetadata {
  /** Host of the service, unless an annotation has it. */
  name: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  creationTimestamp?: string;
}

/** Returns the label selector of this program's objects for other peers; an object without one of our two labels has another owner. */
export function leftoverSelector(peers: Iterable<string>): string {
  const known = sortedUnique(peers);
  // `notin` also takes what has no such label, and `notin ()` means the empty value.
  const others = known.length === 0 ? [] : [`${PEER_LABEL} notin (${known.join(",")})`];
  return [`${MANAGED_BY_LABEL}=${MANAGED_BY}`, PEER_LABEL, ...others].join(",");
}

/** Counts services by the peer that the label of their objects names; a label without a name counts as none. Sorted by peer. */
export function tallyLeftovers(objects: readonly ObjectMetadata[]): Record<string, Leftover> {
  const tally = new Map<string, Leftover>();
  const names = new Set<string>();
  for (const { name, labels, annotations, creationTimestamp = "" } of objects) {
    const peer = labels?.[PEER_LABEL] ?? "";
    if (peer === "") continue;
    const known = tally.get(peer) ?? { entries: 0, newest: "" };
    // Kubernetes' times, all in UTC and to the second, are in order as texts.
    const newest = creationTimestamp > known.newest ? creationTimestamp : known.newest;
    const service = `${peer}/${annotations?.[HOST_ANNOTATION] ?? name}`;
    tally.set(peer, { entries: known.entries + (names.has(service) ? 0 : 1), newest });
    names.add(service);
  }
  return sortedRecord(tally);
}

/** Finds what is to be removed of peers that this stack neither names nor knows. */
export function planLeftovers(context: PlanContext): Record<string, Leftover> {
  const leftovers = checkLeftovers(context);
  context.findings.warn(...describeLeftovers(leftovers));
  return leftovers;
}

/** Finds what there is of peers that this stack neither names nor knows; a fault where the cluster seems to be another stack's. */
export function checkLeftovers({
  config,
  snapshot,
  findings,
  skipped,
}: PlanContext): Record<string, Leftover> {
  const found = tallyLeftovers(required(snapshot.cluster.leftovers, findings) ?? []);
  const leftovers = sortedRecord(
    Object.entries(found).filter(([peer]) => !isSkipped(skipped, "peers", peer)),
  );
  findings.fault(...validateLeftovers(leftovers, config.cluster.name, config.kubeconfig.context));
  return leftovers;
}

/**
 * A cluster with imported services of a peer that is this very cluster is another's, which has this one as its peer: there, nothing is
 * ours to remove.
 * @param own name of this cluster.
 * @param context of the kubeconfig, as the config names it.
 */
export function validateLeftovers(
  leftovers: Readonly<Record<string, Leftover>>,
  own: string,
  context: string,
): Fault[] {
  const mirrored = leftovers[own];
  if (mirrored === undefined) return [];
  const rule = `is a cluster with ${servicesOf(mirrored)} of peer ${own}, which is this cluster: it seems to be another stack's cluster`;
  const remedy =
    "Name the context of this stack's cluster; if this is it, delete them: " +
    `kubectl -n ${IMPORT_NAMESPACE} delete ${KINDS.join(",")} -l ${MANAGED_BY_LABEL}=${MANAGED_BY},${PEER_LABEL}=${own}`;
  return [{ path: "kubeconfig.context", value: context, rule, remedy }];
}

/** Kinds of an import's objects for kubectl, in the order in which they are deleted. */
const KINDS = [
  "virtualservices.networking.istio.io",
  "services",
  "destinationrules.networking.istio.io",
  "serviceentries.networking.istio.io",
];

/** A sentence for each peer; of very many, for the first ones and one for the rest. */
export function describeLeftovers(leftovers: Readonly<Record<string, Leftover>>): string[] {
  return boundedLines(
    Object.entries(leftovers),
    ([peer, leftover]) => {
      const [were, them] = leftover.entries === 1 ? ["was", "it"] : ["were", "them"];
      return (
        `${servicesOf(leftover)} of peer ${peer}, which this stack neither names nor knows, ` +
        `${were} left behind; this update removes ${them}.`
      );
    },
    (more) =>
      `Imported services of ${count(more)} more such peer(s) were left behind; this update removes them.`,
  );
}

function servicesOf({ entries }: Leftover): string {
  return `${count(entries)} imported ${entries === 1 ? "service" : "services"}`;
}
