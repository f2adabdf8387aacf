/** Labels and annotations of this program, and the Istio ones it reads. */

/** On what this program makes, as all by which a peer's service is registered: who wrote it. */
export const MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
/** Value of {@link MANAGED_BY_LABEL}; also the field manager of server-side apply. */
export const MANAGED_BY = "istio-federation";
/** Selects the objects that this program did not write. */
export const OF_OTHERS = `${MANAGED_BY_LABEL}!=${MANAGED_BY}`;
/** On every object by which a peer's service is registered: the name of the peer it came from. */
export const PEER_LABEL = "istio-federation.dev/peer";
/** On an imported ServiceEntry: the name that the service has in the peer's cluster, where it has another one here. */
export const REMOTE_HOST_ANNOTATION = "istio-federation.dev/remote-host";
/** On an imported ServiceEntry: that the peer's gateway opens calls of it, where it does; always {@link TERMINATED}. */
export const TERMINATED_ANNOTATION = "istio-federation.dev/terminated";
/** Value of {@link TERMINATED_ANNOTATION}. */
export const TERMINATED = "true";
/** On an imported ServiceEntry: the peers that serve it, where they are several. */
export const SERVED_BY_ANNOTATION = "istio-federation.dev/served-by";
/** On an imported ServiceEntry: the outlier detection of its DestinationRule, where it has some. */
export const OUTLIERS_ANNOTATION = "istio-federation.dev/outlier-detection";
/** On an imported ServiceEntry: the name of the Service by which clients here find it too, where it has one. */
export const LOCAL_SERVICE_ANNOTATION = "istio-federation.dev/local-service";
/** On such a Service, and on the VirtualService by which it leads there: the name of the imported one. */
export const HOST_ANNOTATION = "istio-federation.dev/host";
/**
 * On a Service: the label that a stack's export selector names by convention, with the value `"true"`. With {@link NOT_EXPORTED}, on a
 * Service or a Namespace: its owner's word against any rule.
 */
export const EXPORT_LABEL = "istio-federation.dev/export";
/** Value of {@link EXPORT_LABEL}: whatever the rules say, peers are offered nothing of it. */
export const NOT_EXPORTED = "false";
/** On a Service: the only ports that its owner exports of those that the stack would, by name or number, separated by commas. */
export const EXPORT_PORTS_ANNOTATION = "istio-federation.dev/export-ports";
/** On a Service: the only peers to whom its owner exports it of those to whom the stack would, separated by commas. */
export const EXPORT_PEERS_ANNOTATION = "istio-federation.dev/export-to";
/** On a Service: SPIFFE ids of the workloads behind it, separated by commas; replaces what is found in the cluster. */
export const SUBJECT_ALT_NAMES_ANNOTATION = "istio-federation.dev/subject-alt-names";
/** On a Service: the namespaces that see it, separated by commas (Istio's `annotation.NetworkingExportTo`). */
export const EXPORT_TO_ANNOTATION = "networking.istio.io/exportTo";
/** On istiod's namespace: the network of the cluster's Pods. On a gateway's Service: the network that it leads to. */
export const NETWORK_LABEL = "topology.istio.io/network";
/** On a gateway's Service of type NodePort: a JSON map of labels that its nodes have. */
export const NODE_SELECTOR_ANNOTATION = "traffic.istio.io/nodeSelector";
/** On the Secret that istiod signs with, as JSON: when each root that signs no more signed last, by its number. */
export const SIGNED_UNTIL_ANNOTATION = "istio-federation.dev/signed-until";
/** On a ServiceEntry's endpoint: what turns on Istio mutual TLS towards it. */
export const TLS_MODE_LABEL = "security.istio.io/tlsMode";

/** The labels of an object imported from `peer`. */
export function importLabels(peer: string): Record<string, string> {
  return { [MANAGED_BY_LABEL]: MANAGED_BY, [PEER_LABEL]: peer };
}

/** Whether an object with these labels is one by which a peer's service is registered here. */
export function isImport(labels: Readonly<Record<string, string>>): boolean {
  return labels[MANAGED_BY_LABEL] === MANAGED_BY && labels[PEER_LABEL] !== undefined;
}
/** What is said of a rule with a selector that names no label. */
export const EMPTY_SELECTOR = {
  rule: "has an empty selector, which selects nothing",
  remedy: "Name a label in it, or take the rule out",
};

/** Whether a selector is there that selects nothing, as it names no label. */
export function isEmpty(selector: Record<string, string> | undefined): boolean {
  return selector !== undefined && Object.keys(selector).length === 0;
}

/** Whether all labels asked for are there; an empty selector matches nothing. */
export function matches(selector: Record<string, string>, labels: Record<string, string>): boolean {
  const wanted = Object.entries(selector);
  return (
    wanted.length > 0 && wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)
  );
}
