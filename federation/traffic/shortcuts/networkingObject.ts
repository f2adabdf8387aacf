import type { Specs } from "../specs.ts";
import type { TrafficObject } from "../trafficObject.ts";

/** An object that a shortcut renders. */
interface RenderedObject<Spec> {
  namespace: string;
  name: string;
  spec: Spec;
  /** Place of the shortcut in the config. */
  source: string;
}

/** Makes an object of group `networking.istio.io`. */
export function networkingObject<K extends keyof Specs>(
  kind: K,
  { spec, ...object }: RenderedObject<Specs[K]>,
): TrafficObject {
  const group = "networking.istio.io";
  return {
    group,
    kind,
    apiVersion: `${group}/v1`,
    labels: {},
    annotations: {},
    owner: undefined,
    ...object,
    spec: { ...spec },
  };
}
