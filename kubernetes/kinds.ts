/** How the API server serves one kind of object. */
export interface ResourceKind {
  /** API group; "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Name in the URL. */
  readonly plural: string;
}

export const SERVICE: ResourceKind = { group: "", version: "v1", kind: "Service", plural: "services" };
export const POD: ResourceKind = { group: "", version: "v1", kind: "Pod", plural: "pods" };
export const CONFIG_MAP: ResourceKind = { group: "", version: "v1", kind: "ConfigMap", plural: "configmaps" };
export const SERVICE_ACCOUNT: ResourceKind = {
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
};
export const NAMESPACE: ResourceKind = { group: "", version: "v1", kind: "Namespace", plural: "namespaces" };
export const AUTHORIZATION_POLICY: ResourceKind = {
  group: "security.istio.io",
  version: "v1",
  kind: "AuthorizationPolicy",
  plural: "authorizationpolicies",
};
export const SECRET: ResourceKind = { group: "", version: "v1", kind: "Secret", plural: "secrets" };
export const NODE: ResourceKind = { group: "", version: "v1", kind: "Node", plural: "nodes" };
export const SERVICE_ENTRY: ResourceKind = istio("ServiceEntry", "serviceentries");
export const DESTINATION_RULE: ResourceKind = istio("DestinationRule", "destinationrules");
export const VIRTUAL_SERVICE: ResourceKind = istio("VirtualService", "virtualservices");
export const WORKLOAD_ENTRY: ResourceKind = istio("WorkloadEntry", "workloadentries");
export const PEER_AUTHENTICATION: ResourceKind = {
  group: "security.istio.io",
  version: "v1",
  kind: "PeerAuthentication",
  plural: "peerauthentications",
};

function istio(kind: string, plural: string): ResourceKind {
  return { group: "networking.istio.io", version: "v1", kind, plural };
}

/** What every object has; the rest is the caller's to name. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    /** Left out on objects without a namespace. */
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: { manager?: string }[];
  };
}

/** URL path of all objects of a kind (in one namespace, or everywhere), or of one of them. */
export function resourcePath(kind: ResourceKind, namespace?: string, name?: string): string {
  const root = kind.group === "" ? ["api", kind.version] : ["apis", kind.group, kind.version];
  const scope = namespace === undefined ? [] : ["namespaces", namespace];
  const object = name === undefined ? [] : [name];
  return `/${[...root, ...scope, kind.plural, ...object].map(encodeURIComponent).join("/")}`;
}
