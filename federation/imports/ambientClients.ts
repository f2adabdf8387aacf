import { AMBIENT, DATAPLANE_MODE_LABEL, INJECT, isInjected } from "../exports/injection.ts";
import { TLS_MODE_LABEL } from "../core/labels.ts";
import { ownValue, sortedUnique } from "../core/order.ts";
import { count, firstNames } from "../core/text.ts";
import { IMPORT_NAMESPACE } from "../core/wellKnown.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { PlanContext } from "../plan.ts";
import { optional } from "../snapshot.ts";
import { visibleTo } from "./import.ts";
import type { Registration } from "./registration.ts";

type Labels = Readonly<Record<string, string>>;

/** Workloads of this cluster with Istio's label for ambient mode. */
export interface AmbientClients {
  /** Labels of the namespaces that have it, by name. */
  namespaces: Readonly<Record<string, Labels>>;
  /** Pods that have it themselves, in the {@link visibleNamespaces}. */
  pods: readonly { namespace: string; labels: Labels }[];
}

/** Names the namespaces to which the config restricts imports, sorted; undefined where some are visible in all. */
export function visibleNamespaces({ peers }: Pick<StackConfig, "peers">): string[] | undefined {
  const written = Object.values(peers).flatMap(({ exportTo = ["*"], imports = [] }) => [
    ...exportTo,
    ...imports.flatMap((rule) => rule.exportTo ?? []),
  ]);
  return written.includes("*") ? undefined : sortedUnique(written.filter((entry) => entry !== "."));
}

/**
 * Warns of namespaces that see imports and are in ambient mode: ztunnel sends such calls to the peer's gateway in plaintext, whatever a
 * ServiceEntry says, and the gateway drops them. One warning for all of them.
 */
export function checkAmbientClients(
  { config, snapshot, findings }: PlanContext,
  peers: Readonly<Record<string, Registration>>,
): void {
  const visible = new Set(
    Object.values(peers).flatMap(({ peer, services }) => {
      const usual = ownValue(config.peers, peer)?.exportTo ?? ["*"];
      return Object.values(services).flatMap((service) => visibleTo(service, usual));
    }),
  );
  if (visible.size === 0) return;
  const clients = optional(
    snapshot.cluster.ambientClients,
    { namespaces: {}, pods: [] },
    "imported services are called from namespaces in ambient mode",
    findings,
  );
  const ambient = sortedUnique([
    ...Object.entries(clients.namespaces).flatMap(([name, labels]) => (isInjected(labels) ? [] : [name])),
    ...clients.pods.flatMap(({ namespace, labels }) =>
      ownValue(labels, TLS_MODE_LABEL) === undefined ? [namespace] : [],
    ),
  ]);
  const affected = ambient.filter(
    (name) => name !== IMPORT_NAMESPACE && (visible.has("*") || visible.has(name)),
  );
  if (affected.length === 0) return;
  const rule = `has/have workloads in ambient mode (label ${DATAPLANE_MODE_LABEL}: ${AMBIENT}), whose calls to imported services fail: ztunnel sends them to the peer's gateway in plaintext`;
  const remedy = `Give the callers sidecars (label ${INJECT} instead of that one)`;
  const path = `${count(affected.length)} namespace(s) (${firstNames(affected)})`;
  findings.warnOf([{ path, rule, remedy }], "namespaces in ambient mode");
}
