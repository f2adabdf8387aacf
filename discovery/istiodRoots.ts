import { ISTIO_NAMESPACE } from "../federation/wellKnown.ts";
import { certificatesIn } from "../federation/x509/bundle.ts";
import { CONFIG_MAP, type KubernetesObject } from "../providers/cluster/kinds.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";

/** In each namespace, by istiod: the roots that it runs with (istio.io, "Plugin CA Certificates"). */
const ROOTS = "istio-ca-root-cert";

interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>;
}

/**
 * Looks by which roots this cluster's istiod has its workloads trust each other: a root that the last update gave it may not have
 * reached it yet.
 * @returns SHA-256 fingerprints; undefined when there is no cluster to ask, or istiod has not told.
 * @throws FaultsError when the cluster refuses, or the kubeconfig does not lead to one.
 */
export async function istiodRoots(cluster: SurveyedCluster): Promise<string[] | undefined> {
  const map = await cluster.read(async (client) => ({
    found: await client.get<ConfigMap>(CONFIG_MAP, ISTIO_NAMESPACE, ROOTS),
  }));
  if ("unreachable" in map) return undefined;
  const roots = certificatesIn(map.found?.data?.["root-cert.pem"] ?? "");
  return roots === undefined || roots.length === 0
    ? undefined
    : roots.map(({ fingerprint256 }) => fingerprint256);
}
