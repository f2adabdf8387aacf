import { CoreV1Api, RbacAuthorizationV1Api } from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";
import type { LabCluster } from "../clusters.ts";
import { Stack } from "../pulumi.ts";
import { waitFor } from "../ready.ts";
import { editStackFile } from "../stackFile.ts";
import type { Proof } from "./proof.ts";
import { statusFor, stealCredential } from "./peerCredential.ts";
import { seenBy } from "./synced.ts";

/** API servers remember whom they let in for 10 s. */
const REFUSAL_SECONDS = 60;

/**
 * A peer is taken out of a stack's config: its access ends, though it still has the credential, and nothing of it is left.
 * @param stack of the cluster.
 */
export function peerRemoved({ name, network }: LabCluster, { name: peer }: LabCluster, stack: string): Proof {
  return {
    claim: "a peer that is removed loses its access, and leaves neither Secret nor role",
    caller: `${peer}'s old credential`,
    callee: `API server of ${name}`,
    run: async ({ lab }) => {
      const credential = await stealCredential(lab.kubeconfig, peer, name);
      const before = await statusFor(credential, "/api/v1/namespaces");
      const configFile = await editStackFile(lab, stack, lab.dir, (config) => {
        delete config["istio-federation:peers"];
      });
      await new Stack(stack, lab, { configFile }).up();
      const isRefused = async () => (await statusFor(credential, "/api/v1/namespaces")) === 401;
      await waitFor("the credential still serves", isRefused, REFUSAL_SECONDS).catch(() => undefined);
      const after = await statusFor(credential, "/api/v1/namespaces");
      const left = await leftOf(lab.kubeconfig, name, peer);
      const isAlone = async () => (await seenBy(network)) === `${name} synced`;
      await waitFor("istiod still reads the peer", isAlone, REFUSAL_SECONDS).catch(() => undefined);
      const passed = before === 200 && after === 401 && left.length === 0 && (await isAlone());
      const reason = `expected 200 before and 401 after, got ${before} and ${after}; left: ${left.join(", ")}; istiod sees ${await seenBy(network)}`;
      return { passed, status: String(after), ...(passed ? {} : { reason }) };
    },
  };
}

/** Objects in a cluster that are of a peer. */
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
