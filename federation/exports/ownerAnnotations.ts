import type { ExportRule } from "../config/exports.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { EXPORT_PEERS_ANNOTATION, EXPORT_PORTS_ANNOTATION } from "../core/labels.ts";
import { ownValue, sortedRecord, sortedUnique } from "../core/order.ts";
import type { KubernetesService } from "./clusterServices.ts";
import { type KubernetesPort, meansPort } from "./ports.ts";

/** What is left of something once a rule and the Service's owner have said what they want of it. */
export interface Narrowed<T> {
  /** Undefined for nothing at all: then the warnings say that the Service is held back. */
  left?: T;
  warnings: Fault[];
}

const HELD = "so the Service is held back";

/**
 * Whether a port is one of those that a Service's rule exports, and of those to which its owner narrows them.
 * @param place where the rule is: `exports[1]`.
 */
export function narrowPorts(
  { ports, annotations }: KubernetesService,
  rule: ExportRule,
  place: string,
): Narrowed<(port: KubernetesPort) => boolean> {
  const byRule = (port: KubernetesPort): boolean => meansAny(rule.ports, port);
  const offered = ports.filter(byRule);
  if (rule.ports !== undefined && offered.length === 0) {
    const reason = `has none of those that ${place} names (${rule.ports.join(", ")}), ${HELD}`;
    return {
      warnings: [
        { path: "ports", rule: reason, remedy: "Correct the rule, or give the Service such a port" },
      ],
    };
  }
  const owners = listOf(ownValue(annotations, EXPORT_PORTS_ANNOTATION));
  if (owners === undefined) return { left: byRule, warnings: [] };
  const left = offered.filter((port) => meansAny(owners, port));
  const unknown = owners.filter((name) => !offered.some((port) => meansPort(name, port)));
  const what = `no port that ${place} exports of it`;
  const remedy = "Correct it; it can only narrow what the rule says";
  return {
    ...(left.length === 0 ? {} : { left: (port: KubernetesPort) => left.includes(port) }),
    warnings: judgeOwner(EXPORT_PORTS_ANNOTATION, owners, unknown, left.length === 0, what, remedy),
  };
}

/**
 * To whom a Service is offered: the peers of its rule, and of those the ones that its owner leaves.
 * @param known the names of the config's peers.
 * @returns names of peers, sorted; undefined in `only` for all there are or ever will be.
 */
export function narrowPeers(
  { annotations }: KubernetesService,
  rule: ExportRule,
  place: string,
  known: readonly string[],
): Narrowed<{ only?: string[] }> {
  const owners = listOf(ownValue(annotations, EXPORT_PEERS_ANNOTATION));
  const offered = rule.peers ?? known;
  // What is offered to nobody needs no word to its owner.
  if (owners === undefined || rule.peers?.length === 0)
    return { left: rule.peers === undefined ? {} : { only: rule.peers }, warnings: [] };
  const only = sortedUnique(offered.filter((peer) => owners.includes(peer)));
  const unknown = owners.filter((peer) => !offered.includes(peer));
  const what = `none of the peers to whom ${place} offers it (${offered.join(", ") || "the config has none"})`;
  const remedy = "Name peers as this stack's config does; it can only narrow what the rule says";
  return {
    ...(only.length === 0 ? {} : { left: { only } }),
    warnings: judgeOwner(EXPORT_PEERS_ANNOTATION, owners, unknown, only.length === 0, what, remedy),
  };
}

/** Names or numbers of ports that a rule asks for and a Service does not have. */
export function missingPorts({ ports }: KubernetesService, rule: ExportRule): string[] {
  return (rule.ports ?? []).filter((name) => !ports.some((port) => meansPort(name, port)));
}

/** The labels of a Service that peers are told. */
export function publishedLabels(
  { labels }: Pick<KubernetesService, "labels">,
  { labels: keys = [] }: ExportRule,
): Record<string, string> | undefined {
  const told = keys.flatMap((key) => {
    const value = ownValue(labels, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return told.length === 0 ? undefined : sortedRecord(told);
}

function meansAny(names: readonly string[] | undefined, port: KubernetesPort): boolean {
  return names === undefined || names.some((name) => meansPort(name, port));
}

/** Undefined for an annotation that is not there; an empty one names nothing. */
function listOf(annotation: string | undefined): string[] | undefined {
  return annotation
    ?.split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function judgeOwner(
  annotation: string,
  owners: readonly string[],
  unknown: readonly string[],
  nothingLeft: boolean,
  what: string,
  remedy: string,
): Fault[] {
  const path = pathOf("annotations", annotation);
  if (nothingLeft) return [{ path, value: owners.join(","), rule: `names ${what}, ${HELD}`, remedy }];
  return unknown.map((value) => ({ path, value, rule: `is ${what}`, remedy }));
}
