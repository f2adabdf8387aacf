import type { Fault } from "../core/fault.ts";
import { ownValue } from "../core/order.ts";
import { firstNames } from "../core/text.ts";
import type { KubernetesService } from "./clusterServices.ts";
import { serviceKey } from "./exportRule.ts";

/** An exported Service, with what decides whether its fields have an effect on peers' calls. */
interface FieldContext {
  service: KubernetesService;
  /** Whether peers reach its workloads by a ServiceEntry, to which fields of the Service do not apply. */
  isAliased: boolean;
  namespaceLabels: Readonly<Record<string, string>>;
}

/** A field of Services with another effect on peers' calls than its owner expects. */
interface ServiceField {
  path: string;
  value: unknown;
  /** Whether a Service has the field, and it matters. */
  applies: (context: FieldContext) => boolean;
  /** Predicate of the Services' names. */
  effect: string;
  remedy: string;
}

const WAYPOINT_LABEL = "istio.io/use-waypoint";
const INGRESS_WAYPOINT_LABEL = "istio.io/ingress-use-waypoint";

/** Label with the cookie of persistent sessions, and the beginning of the one with their header (`MaybeBuildStatefulSessionFilterConfig`). */
const SESSION_LABEL = "istio.io/persistent-session";

const FIELDS: readonly ServiceField[] = [
  {
    path: "spec.sessionAffinity",
    value: "ClientIP",
    applies: ({ service }) => service.sessionAffinity === "ClientIP",
    effect:
      "has no effect on peers' calls: kube-proxy applies it, and neither peers' proxies nor the gateway do",
    remedy: "Let the application keep its sessions, or remove it where peers need none",
  },
  {
    path: `metadata.labels["${SESSION_LABEL}*"]`,
    value: undefined,
    applies: ({ service: { labels } }) =>
      [SESSION_LABEL, `${SESSION_LABEL}-header`].some((label) => (ownValue(labels, label) ?? "") !== ""),
    effect:
      "has no effect on peers' calls: Istio applies it to local callers, and neither peers' proxies nor the gateway do",
    remedy: "Let the application keep its sessions, or remove it where peers need none",
  },
  {
    path: "spec.internalTrafficPolicy",
    value: "Local",
    applies: ({ service, isAliased }) => service.internalTrafficPolicy === "Local" && !isAliased,
    effect:
      "lets a gateway Pod reach workloads of its own node only: peers' calls fail where that node has none",
    remedy: "Make it Cluster, export the Services by 'as', or run a gateway Pod and a workload on each node",
  },
  {
    path: "metadata.deletionTimestamp",
    value: undefined,
    applies: ({ service }) => service.deletionTimestamp !== undefined,
    effect:
      "says that they are being deleted: they stay exported until they are gone and this stack is updated",
    remedy: "Remove them from the exports first, so that peers stop calling them",
  },
  {
    path: `metadata.labels["${INGRESS_WAYPOINT_LABEL}"]`,
    value: "true",
    applies: callsWaypoint,
    effect: `sends the gateway's calls to a waypoint where Istio runs ambient mode: peers' calls fail there, as a waypoint takes no mutual TLS of theirs`,
    remedy:
      "Remove that label from the Services and their namespaces, or remove the Services from the exports",
  },
];

/**
 * Warns of fields of exported Services that have another effect on peers' calls than on local ones: one warning for each field, with the
 * first Services that have it.
 */
export function serviceFieldWarnings(exported: readonly FieldContext[]): Fault[] {
  return FIELDS.flatMap(({ path, value, applies, effect, remedy }) => {
    const names = exported.filter(applies).map(({ service }) => serviceKey(service));
    return names.length === 0 ? [] : [{ path, value, rule: `of ${firstNames(names)} ${effect}`, remedy }];
  });
}

/** Whether gateways call a Service's waypoint (`ingressUseWaypointFromLabels`, `findServiceWaypoint`): a headless one has no address for it. */
function callsWaypoint({ service, isAliased, namespaceLabels }: FieldContext): boolean {
  const label = (key: string): string | undefined =>
    ownValue(service.labels, key) ?? ownValue(namespaceLabels, key);
  const waypoint = label(WAYPOINT_LABEL);
  const isWanted = ["1", "t", "T", "true", "TRUE", "True"].includes(label(INGRESS_WAYPOINT_LABEL) ?? "");
  return (
    isWanted && waypoint !== undefined && waypoint !== "none" && service.clusterIP !== "None" && !isAliased
  );
}
