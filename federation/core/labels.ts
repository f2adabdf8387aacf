/** Labels and annotations of this program, and the Istio ones it reads. */

/** Label of the objects that this program creates. */
export const MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
/** Value of {@link MANAGED_BY_LABEL}; also the field manager of server-side apply. */
export const MANAGED_BY = "istio-federation";
/** Label of istiod's namespace: the cluster's name, by which another stack's cluster is recognized. */
export const CLUSTER_LABEL = "istio-federation.dev/cluster";
/** Label selector of the objects that this program did not create. */
export const OF_OTHERS = `${MANAGED_BY_LABEL}!=${MANAGED_BY}`;
/** Label of the objects of `traffic`, always `"true"`: the stack declares them, and no plan of access. */
export const TRAFFIC_LABEL = "istio-federation.dev/traffic";
/** Annotation of a VirtualService, HTTPRoute or TLSRoute: routes whose weights another controller moves, by name; `"true"` for all. */
export const IGNORE_WEIGHTS_ANNOTATION = "istio-federation.dev/ignore-weights";
/** Annotation of a VirtualService or HTTPRoute: routes that another controller adds in front of the stack's, by name. */
export const IGNORE_ROUTES_ANNOTATION = "istio-federation.dev/ignore-routes";
/** Annotation of a DestinationRule: subsets whose labels another controller changes, by name; `"true"` for all. */
export const IGNORE_SUBSET_LABELS_ANNOTATION = "istio-federation.dev/ignore-subset-labels";
/** Label of every object that registers a peer's service: the peer's name. */
export const PEER_LABEL = "istio-federation.dev/peer";
/** Annotation of an imported ServiceEntry: the host name in the peer's cluster, where it differs from the one here. */
export const REMOTE_HOST_ANNOTATION = "istio-federation.dev/remote-host";
/** Annotation of an imported ServiceEntry whose peer's gateway terminates TLS; always {@link TERMINATED}. */
export const TERMINATED_ANNOTATION = "istio-federation.dev/terminated";
/** Value of {@link TERMINATED_ANNOTATION}. */
export const TERMINATED = "true";
/** Annotation of an imported ServiceEntry: the peers that serve the host, where they are several. */
export const SERVED_BY_ANNOTATION = "istio-federation.dev/served-by";
/** Annotation of an imported ServiceEntry: the outlier detection of its DestinationRule, if any. */
export const OUTLIERS_ANNOTATION = "istio-federation.dev/outlier-detection";
/** Annotation of an imported ServiceEntry: the name of its local Service, if any. */
export const LOCAL_SERVICE_ANNOTATION = "istio-federation.dev/local-service";
/** Annotation of a local Service and its VirtualService: the host that they route to. */
export const HOST_ANNOTATION = "istio-federation.dev/host";
/**
 * Label of a Service that export selectors name by convention, with the value `"true"`. With {@link NOT_EXPORTED}, on a Service or a
 * Namespace, it overrides every export rule.
 */
export const EXPORT_LABEL = "istio-federation.dev/export";
/** Value of {@link EXPORT_LABEL} that excludes a Service, or all of a Namespace, from export. */
export const NOT_EXPORTED = "false";
/** Annotation of a Service: restricts the exported ports, by name or number, separated by commas. */
export const EXPORT_PORTS_ANNOTATION = "istio-federation.dev/export-ports";
/** Annotation of a Service: restricts the peers that it is exported to, separated by commas. */
export const EXPORT_PEERS_ANNOTATION = "istio-federation.dev/export-to";
/** Annotation of a Service: SPIFFE ids of its workloads, separated by commas; replaces those found in the cluster. */
export const SUBJECT_ALT_NAMES_ANNOTATION = "istio-federation.dev/subject-alt-names";
/** Annotation of a Service: the namespaces that see it, separated by commas (Istio's `annotation.NetworkingExportTo`). */
export const EXPORT_TO_ANNOTATION = "networking.istio.io/exportTo";
/** Label of istiod's namespace: the network of the cluster's Pods. Label of a gateway's Service: the network behind it. */
export const NETWORK_LABEL = "topology.istio.io/network";
/** Label of a gateway's Service: the port that istiods of other clusters call, instead of 15443. */
export const GATEWAY_PORT_LABEL = "networking.istio.io/gatewayPort";
/** Annotation of a gateway's Service of type NodePort: a JSON map of labels of its nodes. */
export const NODE_SELECTOR_ANNOTATION = "traffic.istio.io/nodeSelector";
/** Annotation of the Secret `cacerts`, JSON: when each former signing root signed last, by its number. */
export const SIGNED_UNTIL_ANNOTATION = "istio-federation.dev/signed-until";
/** Label of a Namespace or Pod, and annotation of an injected Pod: the revision of its control plane. */
export const REVISION_LABEL = "istio.io/rev";
/** Label of a webhook that injects for a revision by another name. */
export const TAG_LABEL = "istio.io/tag";
/** Label of a ServiceEntry's endpoint that turns on Istio mutual TLS. */
export const TLS_MODE_LABEL = "security.istio.io/tlsMode";

/** Returns the labels of an object that registers a service of `peer`. */
export function importLabels(peer: string): Record<string, string> {
  return { [MANAGED_BY_LABEL]: MANAGED_BY, [PEER_LABEL]: peer };
}

/** Whether an object with these labels registers a peer's service. */
export function isImport(labels: Readonly<Record<string, string>>): boolean {
  return labels[MANAGED_BY_LABEL] === MANAGED_BY && labels[PEER_LABEL] !== undefined;
}

/** Fault of a rule whose selector names no label. */
export const EMPTY_SELECTOR = {
  rule: "has an empty selector, which selects nothing",
  remedy: "Name a label in it, or remove the rule",
};

/** Whether a selector is given that names no label, and so selects nothing. */
export function isEmpty(selector: Record<string, string> | undefined): boolean {
  return selector !== undefined && Object.keys(selector).length === 0;
}

/** Whether a selector matches labels; an empty one matches nothing. */
export function matches(selector: Record<string, string>, labels: Record<string, string>): boolean {
  const wanted = Object.entries(selector);
  return (
    wanted.length > 0 && wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)
  );
}
