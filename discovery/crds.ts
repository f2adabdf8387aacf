import { type Crd, type CustomResourceDefinition, toCrd } from "../federation/traffic/crd.ts";
import type { TrafficKind } from "../federation/traffic/trafficObject.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { CUSTOM_RESOURCE_DEFINITION, type KubernetesObject } from "../kubernetes/kinds.ts";

/** Reads the CRDs of some kinds; none of a kind that is not installed. */
export async function readCrds(
  client: ClusterClient,
  kinds: readonly Pick<TrafficKind, "group" | "plural">[],
): Promise<Crd[]> {
  const found = await Promise.all(
    kinds.map(({ group, plural }) =>
      client.get<KubernetesObject & CustomResourceDefinition>(
        CUSTOM_RESOURCE_DEFINITION,
        undefined,
        `${plural}.${group}`,
      ),
    ),
  );
  return found.filter((definition) => definition !== undefined).map(toCrd);
}

/** Loads the CRDs of the default version of Istio's charts. */
export async function loadChartCrds(): Promise<readonly Crd[]> {
  const file = await import("../federation/traffic/istioCrds.json", { with: { type: "json" } });
  return file.default as readonly unknown[] as readonly Crd[];
}
