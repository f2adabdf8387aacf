import type { KubeConfig } from "@kubernetes/client-node";

/**
 * A kubeconfig (JSON is YAML) for a Pod: the cluster of `config`'s current context, with the token that the Pod has
 * mounted, so that it may do what its service account may.
 *
 * @param tokenFile absolute path; read again by clients when it changes.
 */
export function podKubeconfig(config: KubeConfig, tokenFile: string): string {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error(`context ${config.currentContext} names no cluster`);
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "pod",
    contexts: [{ name: "pod", context: { cluster: "pod", user: "pod" } }],
    clusters: [
      {
        name: "pod",
        cluster: {
          server: cluster.server,
          ...(cluster.caData && { "certificate-authority-data": cluster.caData }),
          ...(cluster.caFile && { "certificate-authority": cluster.caFile }),
        },
      },
    ],
    users: [{ name: "pod", user: { tokenFile } }],
  });
}
