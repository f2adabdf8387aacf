import type { PeerAccess } from "./peerAccess.ts";

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
