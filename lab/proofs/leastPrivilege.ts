import type { LabCluster } from "../clusters.ts";
import type { Proof } from "./proof.ts";
import { statusFor, stealCredential } from "./peerCredential.ts";

/** What istiod reads of another cluster. */
const READ = [
  "/api/v1/namespaces",
  "/api/v1/nodes",
  "/api/v1/pods",
  "/api/v1/services",
  "/apis/discovery.k8s.io/v1/endpointslices",
  "/apis/networking.istio.io/v1/workloadentries",
  "/api/v1/secrets",
];

/** What `istioctl create-remote-secret` would let it read besides, and what nobody would. */
const UNREAD = [
  "/api/v1/configmaps",
  "/apis/networking.istio.io/v1/virtualservices",
  "/apis/security.istio.io/v1/authorizationpolicies",
  "/apis/apps/v1/replicasets",
  "/apis/rbac.authorization.k8s.io/v1/clusterroles",
];

/** The credential that a peer has reads what istiod needs, and nothing else. */
export function leastPrivilege({ name }: LabCluster, { name: peer }: LabCluster): Proof {
  return {
    claim: "a peer's credential reads what istiod needs, and nothing else",
    caller: `${peer}'s credential`,
    callee: `API server of ${name}`,
    run: async ({ lab }) => {
      const credential = await stealCredential(lab.kubeconfig, peer, name);
      const ask = async (path: string) => `${path} ${await statusFor(credential, path)}`;
      const seen = await Promise.all([...READ, ...UNREAD].map(ask));
      const expected = [...READ.map((path) => `${path} 200`), ...UNREAD.map((path) => `${path} 403`)];
      const unlike = seen.filter((answer) => !expected.includes(answer));
      const passed = unlike.length === 0;
      return {
        passed,
        status: passed ? "200, 403" : "other",
        ...(passed ? {} : { reason: `unexpected: ${unlike.join(", ")}` }),
      };
    },
  };
}
