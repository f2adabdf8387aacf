import { AppsV1Api, CoreV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";
import type { RunningLab } from "../lab.ts";
import { waitFor } from "../ready.ts";
import { meshManifests } from "../workloads/manifests.ts";
import { deployWorkloads } from "../workloads/workloads.ts";
import type { Party, Proof } from "./proof.ts";
import { nameOf } from "./proof.ts";

const GONE_SECONDS = 60;

/** All endpoints of a workload go, as when its Pods crash. */
export function endpointsGone(party: Party): Proof {
  return {
    claim: "all endpoints of one version go",
    caller: "the lab",
    callee: nameOf(party),
    run: async ({ lab }) => {
      await removeEndpoints(lab, party);
      return { passed: true, status: "gone" };
    },
  };
}

/** They come back. */
export function endpointsBack(party: Party): Proof {
  return {
    claim: "the endpoints of that version come back",
    caller: "the lab",
    callee: nameOf(party),
    run: async ({ lab: { kubeconfig } }) => {
      await deployWorkloads({ kubeconfig, context: party.cluster, workloads: [party], log: () => undefined });
      return { passed: true, status: "back" };
    },
  };
}

async function removeEndpoints(
  { kubeconfig }: RunningLab,
  { cluster, namespace, name, ...rest }: Party,
): Promise<void> {
  const config = loadContext(kubeconfig, cluster);
  const entry = meshManifests({ namespace, name, ...rest }).find(({ kind }) => kind === "WorkloadEntry");
  if (entry === undefined) throw new Error(`${name} has no WorkloadEntry`);
  await config.makeApiClient(CustomObjectsApi).deleteNamespacedCustomObject({
    ...{ group: "networking.istio.io", version: "v1", plural: "workloadentries" },
    ...{ namespace, name: entry.metadata?.name ?? "" },
  });
  await config.makeApiClient(AppsV1Api).deleteNamespacedDeployment({ namespace, name });
  const core = config.makeApiClient(CoreV1Api);
  const isGone = async () =>
    (await core.listNamespacedPod({ namespace, labelSelector: `app=${name}` })).items.length === 0;
  await waitFor(`the Pods of ${cluster} ${namespace}/${name} are still there`, isGone, GONE_SECONDS);
}
