import type { Crd } from "./crd.ts";
import { compileCrds } from "./crdSchema.ts";
import { inPlace, isIstio, placeOf, type TrafficObject } from "./trafficObject.ts";
import type { ParsedObjects } from "./trafficTargets.ts";

/** CRDs against which objects are checked. */
export interface KnownCrds {
  /** CRDs in the cluster; undefined where the cluster does not answer. */
  readonly installed: readonly Crd[] | undefined;
  /** CRDs of the default version of Istio's charts: for kinds whose CRDs are not installed yet. */
  readonly ofCharts: readonly Crd[];
}

/** Checks objects against the schemas of their CRDs. Faulty ones are left out: more faults would follow from them. */
export function checkSchemas(parsed: ParsedObjects, { installed, ofCharts }: KnownCrds): ParsedObjects {
  const isInstalled = ({ group, kind }: Crd) =>
    (installed ?? []).some((crd) => crd.group === group && crd.kind === kind);
  const schemas = compileCrds([...(installed ?? []), ...ofCharts.filter((crd) => !isInstalled(crd))]);
  const checked = parsed.objects.map((object) => {
    // Without an answer of the cluster, the Gateway API's CRDs may be there or not.
    const isKnown = installed !== undefined || isIstio(object);
    return { object, faults: isKnown ? schemas.check(toKubernetesObject(object)) : [] };
  });
  const faults = checked.flatMap(({ object, faults: found }) =>
    found.map((fault) => inPlace(placeOf(object), fault)),
  );
  const objects = checked.filter((each) => each.faults.length === 0).map(({ object }) => object);
  return { ...parsed, objects, faults: [...parsed.faults, ...faults] };
}

function toKubernetesObject({ apiVersion, kind, namespace, name, labels, annotations, spec }: TrafficObject) {
  return { apiVersion, kind, metadata: { namespace, name, labels, annotations }, spec };
}
