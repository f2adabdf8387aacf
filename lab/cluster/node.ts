import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";

/** The one Node of each lab cluster; its Pods are processes of this machine. */
export const NODE_NAME = "lab";

/**
 * Registers the Node as a kubelet would: ready, with an address that NodePort gateways are told to peers by.
 *
 * @param address its InternalIP.
 */
export async function registerNode(kubeconfig: string, address: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const node = await core.createNode({
    body: { metadata: { name: NODE_NAME, labels: { "kubernetes.io/hostname": NODE_NAME } } },
  });
  const now = new Date();
  const ready = {
    type: "Ready",
    status: "True",
    reason: "LabReady",
    message: "Pods run as processes of the lab",
  };
  await core.replaceNodeStatus({
    name: NODE_NAME,
    body: {
      ...node,
      status: {
        addresses: [
          { type: "InternalIP", address },
          { type: "Hostname", address: NODE_NAME },
        ],
        conditions: [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }],
      },
    },
  });
}
