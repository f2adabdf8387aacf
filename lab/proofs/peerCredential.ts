import { CoreV1Api, KubeConfig, RbacAuthorizationV1Api } from "@kubernetes/client-node";
import { loadContext, statusFor, type ApiAccess } from "../cluster/kubeconfig.ts";
import type { LabCluster } from "../clusters.ts";
import { Stack } from "../pulumi.ts";
import { readUntil } from "../ready.ts";
import { editStackFile } from "../stackFile.ts";
import type { Proof } from "./proof.ts";

/** Rights by which an istiod reads another cluster. */
const READ = [
  "/api/v1/namespaces",
  "/api/v1/nodes",
  "/api/v1/pods",
  "/api/v1/services",
  "/apis/discovery.k8s.io/v1/endpointslices",
  "/apis/networking.istio.io/v1/workloadentries",
  "/api/v1/secrets",
];

/** Resources that `istioctl create-remote-secret` would let it read besides, and some that nothing would. */
const UNREAD = [
  "/api/v1/configmaps",
  "/apis/networking.istio.io/v1/virtualservices",
  "/apis/security.istio.io/v1/authorizationpolicies",
  "/apis/apps/v1/replicasets",
  "/apis/rbac.authorization.k8s.io/v1/clusterroles",
];

const SYNC_SECONDS = 60;
/** API servers remember whom they let in for 10 s. */
const REFUSAL_SECONDS = 60;

/** istiod reads all clusters of its mesh and no others, by its own account. */
export function synced({ name, network }: LabCluster, clusters: readonly string[]): Proof {
  const expected = clusters
    .map((cluster) => `${cluster} synced`)
    .sort()
    .join(", ");
  return {
    claim: "istiod reads the clusters of its mesh, by its own account",
    caller: `istiod of ${name}`,
    callee: `API servers of ${clusters.join(", ")}`,
    run: async () => {
      const seen = await readUntil(() => seenBy(network), isEqualTo(expected), SYNC_SECONDS);
      const passed = seen === expected;
      const reason = `expected ${expected}, got ${seen}`;
      return { passed, status: passed ? "synced" : "not synced", reason };
    },
  };
}

/** A peer's credential reads what istiod needs, and nothing else. */
export function leastPrivilege({ name }: LabCluster, { name: peer }: LabCluster): Proof {
  return {
    claim: "a peer's credential reads what istiod needs, and nothing else",
    caller: `${peer}'s credential`,
    callee: `API server of ${name}`,
    run: async ({ lab }) => {
      const credential = await stealCredential(lab.kubeconfig, peer, name);
      const unexpected: string[] = [];
      for (const path of [...READ, ...UNREAD]) {
        const status = await statusFor(credential, path);
        if (status !== (READ.includes(path) ? 200 : 403)) unexpected.push(`${path} ${status}`);
      }
      const passed = unexpected.length === 0;
      const reason = `unexpected: ${unexpected.join(", ")}`;
      return { passed, status: passed ? "200, 403" : "other", reason };
    },
  };
}

/**
 * A peer that is removed from a stack's config loses its access, though it still has the credential, and nothing of it is left.
 *
 * @param stack of the cluster.
 */
export function peerRemoved({ name, network }: LabCluster, { name: peer }: LabCluster, stack: string): Proof {
  return {
    claim: "a peer that is removed loses its access, and leaves neither Secret nor role",
    caller: `${peer}'s old credential`,
    callee: `API server of ${name}`,
    run: async ({ lab }) => {
      const credential = await stealCredential(lab.kubeconfig, peer, name);
      const status = () => statusFor(credential, "/api/v1/namespaces");
      const before = await status();
      const configFile = await editStackFile(lab, stack, lab.dir, (config) => {
        delete config["istio-federation:peers"];
      });
      await new Stack(stack, lab, { configFile }).up();
      const after = await readUntil(status, isEqualTo(401), REFUSAL_SECONDS);
      const left = await leftOf(lab.kubeconfig, name, peer);
      const alone = `${name} synced`;
      const seen = await readUntil(() => seenBy(network), isEqualTo(alone), REFUSAL_SECONDS);
      return {
        passed: before === 200 && after === 401 && left.length === 0 && seen === alone,
        status: String(after),
        reason: `expected 200 before and 401 after, got ${before} and ${after}; left: ${left.join(", ")}; istiod sees ${seen}`,
      };
    },
  };
}

function isEqualTo<T>(expected: T): (value: T) => boolean {
  return (value) => value === expected;
}

/** Takes a peer's credential out of the Secret of a cluster's istiod, as anybody could who may read that. */
export async function stealCredential(kubeconfig: string, cluster: string, peer: string): Promise<ApiAccess> {
  const core = loadContext(kubeconfig, cluster).makeApiClient(CoreV1Api);
  const { data = {} } = await core.readNamespacedSecret({
    namespace: "istio-system",
    name: `istio-remote-secret-${peer}`,
  });
  const stolen = new KubeConfig();
  stolen.loadFromString(Buffer.from(data[peer] ?? "", "base64").toString());
  const { server = "", caData = "" } = stolen.getCurrentCluster() ?? {};
  const certificateAuthority = Buffer.from(caData, "base64").toString();
  return { server, certificateAuthority, token: stolen.getCurrentUser()?.token ?? "" };
}

/** Clusters that an istiod reads (`istioctl remote-clusters`): `east synced, west synced`. */
async function seenBy(network: string): Promise<string> {
  const answer = await fetch(`http://${network}.0.2:8080/debug/clusterz`);
  if (!answer.ok) throw new Error(`istiod: ${answer.status} ${await answer.text()}`);
  const seen = (await answer.json()) as { id: string; syncStatus: string }[];
  return seen
    .map(({ id, syncStatus }) => `${id} ${syncStatus}`)
    .sort()
    .join(", ");
}

/** Objects in a cluster that are named after a peer. */
async function leftOf(kubeconfig: string, cluster: string, peer: string): Promise<string[]> {
  const config = loadContext(kubeconfig, cluster);
  const core = config.makeApiClient(CoreV1Api);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const namespace = "istio-system";
  const lists = await Promise.all([
    core.listNamespacedSecret({ namespace }),
    core.listNamespacedServiceAccount({ namespace }),
    rbac.listNamespacedRole({ namespace }),
    rbac.listNamespacedRoleBinding({ namespace }),
    rbac.listClusterRole(),
    rbac.listClusterRoleBinding(),
  ]);
  const names = lists.flatMap(({ items }) => items.map(({ metadata }) => metadata?.name ?? ""));
  return names.filter((name) => name.endsWith(`-${peer}`));
}
