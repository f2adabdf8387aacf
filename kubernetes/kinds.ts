/** Kind of object as the API server serves it. */
export interface ResourceKind {
  /** API group; "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Name in the URL. */
  readonly plural: string;
}

export const CONFIG_MAP = core("ConfigMap", "configmaps");
export const NAMESPACE = core("Namespace", "namespaces");
export const NODE = core("Node", "nodes");
export const POD = core("Pod", "pods");
export const SECRET = core("Secret", "secrets");
export const SERVICE = core("Service", "services");
export const SERVICE_ACCOUNT = core("ServiceAccount", "serviceaccounts");
export const ENDPOINT_SLICE: ResourceKind = {
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
};
export const DEPLOYMENT: ResourceKind = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
};
export const MUTATING_WEBHOOK_CONFIGURATION: ResourceKind = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  plural: "mutatingwebhookconfigurations",
};
export const CUSTOM_RESOURCE_DEFINITION: ResourceKind = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
};
/** Of the Pulumi Kubernetes Operator. */
export const OPERATOR_STACK: ResourceKind = {
  group: "pulumi.com",
  version: "v1",
  kind: "Stack",
  plural: "stacks",
};
export const DESTINATION_RULE = networking("DestinationRule", "destinationrules");
export const GATEWAY = networking("Gateway", "gateways");
/** Served as v1beta1 only. */
export const PROXY_CONFIG: ResourceKind = {
  group: "networking.istio.io",
  version: "v1beta1",
  kind: "ProxyConfig",
  plural: "proxyconfigs",
};
export const SERVICE_ENTRY = networking("ServiceEntry", "serviceentries");
export const SIDECAR = networking("Sidecar", "sidecars");
export const VIRTUAL_SERVICE = networking("VirtualService", "virtualservices");
export const WORKLOAD_ENTRY = networking("WorkloadEntry", "workloadentries");
export const AUTHORIZATION_POLICY = security("AuthorizationPolicy", "authorizationpolicies");
export const PEER_AUTHENTICATION = security("PeerAuthentication", "peerauthentications");
export const REQUEST_AUTHENTICATION = security("RequestAuthentication", "requestauthentications");

function core(kind: string, plural: string): ResourceKind {
  return { group: "", version: "v1", kind, plural };
}

function networking(kind: string, plural: string): ResourceKind {
  return { group: "networking.istio.io", version: "v1", kind, plural };
}

function security(kind: string, plural: string): ResourceKind {
  return { group: "security.istio.io", version: "v1", kind, plural };
}

/** Fields of every object; callers add those that they read. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    /** Absent for kinds without namespaces. */
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: {
      manager?: string;
      /** Absent for writes of the object itself. */
      subresource?: string;
      fieldsV1?: Record<string, Record<string, unknown>>;
    }[];
    /** Count of changes of the spec. */
    generation?: number;
    ownerReferences?: { kind?: string; name?: string }[];
  };
}

/** Returns the URL path of all objects of a kind (in one namespace, or everywhere), or of one of them. */
export function resourcePath(kind: ResourceKind, namespace?: string, name?: string): string {
  const root = kind.group === "" ? ["api", kind.version] : ["apis", kind.group, kind.version];
  const scope = namespace === undefined ? [] : ["namespaces", namespace];
  const object = name === undefined ? [] : [name];
  return `/${[...root, ...scope, kind.plural, ...object].map(encodeURIComponent).join("/")}`;
}
