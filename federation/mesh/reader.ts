import type { PeerAccess } from "./credential.ts";

/** A rule of a Kubernetes Role or ClusterRole. */
export interface ReaderRule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

/** Verbs of istiod, which watches and gets no single object. */
const WATCH = ["list", "watch"];

/**
 * Rights in all namespaces that istiod needs to read another cluster; without one of them it never reports `synced`. Found in the source
 * of the version in `lab/tools/go.mod`; docs/decisions/2026-11-21-peers-istiods-read-secrets.md compares this with `istioctl`.
 */
export const READER_RULES: readonly ReaderRule[] = [
  // Services and their workloads; nodes for their localities and node ports, namespaces for what the mesh covers.
  { apiGroups: [""], resources: ["namespaces", "nodes", "pods", "services"], verbs: WATCH },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: WATCH },
  { apiGroups: ["networking.istio.io"], resources: ["workloadentries"], verbs: WATCH },
  // Whether the other kinds exist.
  { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: WATCH },
  // Gateways of other networks may be these instead of Services.
  { apiGroups: ["gateway.networking.k8s.io"], resources: ["gateways"], verbs: WATCH },
  // For gateways of that cluster which connect to this istiod: none do, but istiod waits for all Secrets. With
  // PILOT_ENABLE_REMOTE_CREDENTIALS_CONTROLLER=false it dereferences nil and exits as soon as the cluster is read.
  { apiGroups: [""], resources: ["secrets"], verbs: WATCH },
];

/** Rights in istiod's namespace: the mesh's config, for its trust domain. */
export const MESH_CONFIG_RULES: readonly ReaderRule[] = [
  { apiGroups: [""], resources: ["configmaps"], resourceNames: ["istio"], verbs: WATCH },
];

/** Remote secret by which istiod reads another cluster, as of `istioctl create-remote-secret`. */
export interface RemoteSecret {
  metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> };
  /** A kubeconfig by the cluster's name; secret. */
  stringData: Record<string, string>;
}

/**
 * Renders the remote secret of one peer.
 * @param cluster the peer's name in the mesh, as istiod reports it.
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
