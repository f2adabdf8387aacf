import { AppsV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { GATEWAY_NAME, GATEWAY_NAMESPACE } from "../../../federation/core/wellKnown.ts";
import { loadContext } from "../../../lab/cluster/kubeconfig.ts";
import type { RunningLab } from "../../../lab/lab.ts";
import type { Party } from "../../../lab/proofs/proof.ts";
import { waitFor } from "../../../lab/ready.ts";
import { APP_PORT } from "../../../lab/workloads/workload.ts";
import { objectsOf } from "../importedHosts.ts";

/** Nothing listens there. */
const DEAD_PORT = 1;
const MERGE = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
const JSON_PATCH = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);
const READY_SECONDS = 90;

/** Something that does not answer for a while. */
export interface Outage {
  begin(): Promise<void>;
  /** Returns once it answers again, or is about to. */
  end(): Promise<void>;
}

/** A workload's app is away: its sidecar answers 503 in its place, which callers' sidecars do not try again. */
export function outageOfApp(lab: RunningLab, { cluster, namespace, name }: Party): Outage {
  const leadTo = async (port: number) => {
    const place = { group: "networking.istio.io", version: "v1", plural: "sidecars", namespace, name };
    const body = [{ op: "replace", path: "/spec/ingress/0/defaultEndpoint", value: `0.0.0.0:${port}` }];
    await objectsOf(lab, cluster).patchNamespacedCustomObject({ ...place, body }, JSON_PATCH);
  };
  return { begin: () => leadTo(DEAD_PORT), end: () => leadTo(APP_PORT) };
}

/** A cluster's east-west gateway is away. */
export function outageOfGateway(lab: RunningLab, cluster: string): Outage {
  const apps = loadContext(lab.kubeconfig, cluster).makeApiClient(AppsV1Api);
  const place = { namespace: GATEWAY_NAMESPACE, name: GATEWAY_NAME };
  const scaleTo = async (replicas: number) => {
    await apps.patchNamespacedDeployment({ ...place, body: { spec: { replicas } } }, MERGE);
    const isDone = async () =>
      ((await apps.readNamespacedDeployment(place)).status?.readyReplicas ?? 0) === replicas;
    await waitFor(`${cluster} has not ${replicas} gateway(s)`, isDone, READY_SECONDS);
  };
  return { begin: () => scaleTo(0), end: () => scaleTo(1) };
}
