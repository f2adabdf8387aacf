import type { PeerAccess } from "./credential.ts";

/** A rule of a Kubernetes Role or ClusterRole. */
export interface ReaderRule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

/** istiod watches; it gets no single object. */
const WATCH = ["list", "watch"];

/**
 * What an istiod of the version in `lab/tools/go.mod` reads in the whole of another cluster: without one of these it never says
 * `synced`. Found in its source; docs/decisions/2026-11-21-peers-istiods-read-secrets.md compares this with `istioctl`.
 */
export const READER_RULES: readonly ReaderRule[] = [
  // Services and what is behind them; nodes for their localities and node ports, namespaces for what the mesh covers.
  { apiGroups: [""], resources: ["namespaces", "nodes", "pods", "services"], verbs: WATCH },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: WATCH },
  { apiGroups: ["networking.istio.io"], resources: ["workloadentries"], verbs: WATCH },
  // Whether the kinds before and after are there at all.
  { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: WATCH },
  // Gateways of other networks may be these instead of Services.
  { apiGroups: ["gateway.networking.k8s.io"], resources: ["gateways"], verbs: WATCH },
  // For gateways of that cluster which connect to this istiod: none do, but it waits for all Secrets all the same. What should have it do
  // without, PILOT_ENABLE_REMOTE_CREDENTIALS_CONTROLLER=false, has it call a method of nothing and end as soon as the cluster is read.
  { apiGroups: [""], resources: ["secrets"], verbs: WATCH },
];

/** What it reads in istiod's namespace: the trust domain, from the mesh's config. */
export const MESH_CONFIG_RULES: readonly ReaderRule[] = [
  { apiGroups: [""], resources: ["configmaps"], resourceNames: ["istio"], verbs: WATCH },
];
/** The Secret by which istiod reads another cluster, as `istioctl create-remote-secret` makes it. */
export interface RemoteSecret {
  metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> };
  /** By the cluster's name, a kubeconfig: secret. */
  stringData: Record<string, string>;
}

/**
 * Renders the Secret for one peer.
 * @param cluster the peer's name in the mesh, which istiod knows it by.
 */
export function remoteSecret(
  cluster: string,
  { server, certificateAuthority, token }: PeerAccess,
): RemoteSecret {
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": cluster,
    clusters: [
      {
        name: cluster,
        cluster: {
          server,
          "certificate-authority-data": Buffer.from(certificateAuthority).toString("base64"),
        },
      },
    ],
    users: [{ name: cluster, user: { token } }],
    contexts: [{ name: cluster, context: { cluster, user: cluster } }],
  };
  return {
    metadata: {
      name: `istio-remote-secret-${cluster}`,
      labels: { "istio/multiCluster": "true" },
      annotations: { "networking.istio.io/cluster": cluster },
    },
    // JSON is YAML, too.
    stringData: { [cluster]: JSON.stringify(kubeconfig) },
  };
}
