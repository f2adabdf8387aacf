import type { TrafficKind, TrafficObject } from "../federation/traffic/trafficObject.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import type { KubernetesObject } from "../kubernetes/kinds.ts";

/** Fields read of a traffic object. */
export type IstioObject = KubernetesObject & { spec?: Record<string, unknown> };

/** Reads the traffic objects that a label selector matches; none of a kind whose CRD is not there. */
export async function readTrafficObjects(
  client: ClusterClient,
  kinds: readonly TrafficKind[],
  labelSelector: string,
): Promise<TrafficObject[]> {
  const lists = await Promise.all(
    kinds.map(async (known) => {
      const { group, version, kind } = known;
      const objects = await client.list<IstioObject>(known, { labelSelector });
      return objects.map(({ metadata, spec = {} }): TrafficObject => {
        const { namespace = "", name, labels = {}, annotations = {}, ownerReferences = [] } = metadata;
        const [owner] = ownerReferences.map((reference) => `${reference.kind} ${reference.name}`);
        const apiVersion = `${group}/${version}`;
        return {
          ...{ group, kind, apiVersion, namespace, name, labels, annotations, spec },
          owner,
          source: "cluster",
        };
      });
    }),
  );
  return lists.flat();
}
