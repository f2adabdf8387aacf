import type { ExportRule } from "../config/exports.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { EXPORT_PEERS_ANNOTATION, EXPORT_PORTS_ANNOTATION } from "../core/labels.ts";
import { mapRecord, ownValue, sortedUnique } from "../core/order.ts";
import type { KubernetesService } from "./clusterServices.ts";
import { type KubernetesPort, matchesPort } from "./ports.ts";

/** The part that a rule and the annotations of the Service's owner leave. */
export interface Narrowed<T> {
  /** Undefined when nothing is left: the Service is not exported, and the warnings state why. */
  left: T | undefined;
  warnings: Fault[];
}

const NOT_EXPORTED = "so the Service is not exported";

/**
 * Selects the ports that a rule exports and the Service's owner leaves.
 * @param place of the rule in the config: `exports[1]`.
 */
export function narrowPorts(
  { ports, annotations }: KubernetesService,
  rule: ExportRule,
  place: string,
): Narrowed<(port: KubernetesPort) => boolean> {
  const byRule = (port: KubernetesPort): boolean => matchesAnyPort(rule.ports, port);
  const exported = ports.filter(byRule);
  if (rule.ports !== undefined && exported.length === 0) {
    const reason = `has none of those that ${place} names (${rule.ports.join(", ")}), ${NOT_EXPORTED}`;
    return {
      left: undefined,
      warnings: [
        { path: "ports", rule: reason, remedy: "Correct the rule, or give the Service such a port" },
      ],
    };
  }
  const owners = listOf(ownValue(annotations, EXPORT_PORTS_ANNOTATION));
  if (owners === undefined) return { left: byRule, warnings: [] };
  const left = exported.filter((port) => matchesAnyPort(owners, port));
  const unknown = owners.filter((name) => !exported.some((port) => matchesPort(name, port)));
  const what = `no port that ${place} exports of it`;
  const remedy = "Correct it; it can only narrow the rule";
  return {
    left: left.length === 0 ? undefined : (port) => left.includes(port),
    warnings: annotationFaults(EXPORT_PORTS_ANNOTATION, owners, unknown, left.length === 0, what, remedy),
  };
}

/**
 * Selects the peers to which a rule exports a Service and that its owner leaves.
 * @param known the names of the config's peers.
 * @returns names of peers in `only`; undefined there for all peers, also future ones.
 */
export function narrowPeers(
  { annotations }: KubernetesService,
  rule: ExportRule,
  place: string,
  known: readonly string[],
): Narrowed<{ only: readonly string[] | undefined }> {
  const owners = listOf(ownValue(annotations, EXPORT_PEERS_ANNOTATION));
  const exported = rule.peers ?? known;
  // A Service that is exported to no peer gets no warnings.
  if (owners === undefined || rule.peers?.length === 0) return { left: { only: rule.peers }, warnings: [] };
  const only = sortedUnique(exported.filter((peer) => owners.includes(peer)));
  const unknown = owners.filter((peer) => !exported.includes(peer));
  const what = `not one of the peers to which ${place} exports it (${exported.join(", ") || "the config has none"})`;
  const remedy = "Name peers as this stack's config does; it can only narrow the rule";
  return {
    left: only.length === 0 ? undefined : { only },
    warnings: annotationFaults(EXPORT_PEERS_ANNOTATION, owners, unknown, only.length === 0, what, remedy),
  };
}

/** Names or numbers of ports that a rule names and a Service does not have. */
export function missingPorts({ ports }: KubernetesService, rule: ExportRule): string[] {
  return (rule.ports ?? []).filter((name) => !ports.some((port) => matchesPort(name, port)));
}

/** The labels of a Service that a rule publishes. */
export function publishedLabels(
  { labels }: Pick<KubernetesService, "labels">,
  { labels: keys = [] }: ExportRule,
): Record<string, string> {
  return mapRecord(labels, (value, key) => (keys.includes(key) ? value : undefined));
}

function matchesAnyPort(names: readonly string[] | undefined, port: KubernetesPort): boolean {
  return names === undefined || names.some((name) => matchesPort(name, port));
}

/** Undefined for a missing annotation; an empty one lists nothing. */
function listOf(annotation: string | undefined): string[] | undefined {
  return annotation
    ?.split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function annotationFaults(
  annotation: string,
  owners: readonly string[],
  unknown: readonly string[],
  nothingLeft: boolean,
  what: string,
  remedy: string,
): Fault[] {
  const path = pathOf("annotations", annotation);
  if (nothingLeft) return [{ path, value: owners.join(","), rule: `names ${what}, ${NOT_EXPORTED}`, remedy }];
  return unknown.map((value) => ({ path, value, rule: `is ${what}`, remedy }));
}
