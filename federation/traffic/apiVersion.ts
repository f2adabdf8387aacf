import type { Fault } from "../core/fault.ts";
import { sortedUnique } from "../core/order.ts";
import { suggestion } from "../core/schema.ts";
import { type Crd, type CrdVersion, isIstioGroup } from "./crd.ts";
import { GATEWAY_API } from "./trafficObject.ts";

/** Versions of Istio's kinds before `v1`; their schemas equal that of the current version. */
const FORMER_VERSIONS = ["v1alpha1", "v1alpha3", "v1beta1", "v1"];

/** A kind in one of its versions. */
export interface KindVersion {
  readonly crd: Crd;
  readonly version: CrdVersion;
}

/** Splits `networking.istio.io/v1` into group and version; the group of Kubernetes' own `v1` is "". */
function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  return { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1) };
}

/**
 * Finds the kind of an object in its current version: `v1alpha3` and `v1beta1` of Istio's kinds are read as `v1`.
 * @returns a fault for a group, kind or version that is not among the CRDs.
 */
export function findKind(crds: readonly Crd[], apiVersion: string, kind: string): KindVersion | Fault {
  const { group, version } = parseApiVersion(apiVersion);
  const inGroup = crds.filter((crd) => crd.group === group);
  const crd = inGroup.find((each) => each.kind === kind);
  if (crd !== undefined) return versionOf(crd, apiVersion, version);
  const ofKind = crds.filter((each) => each.kind === kind);
  if (inGroup.length > 0 && ofKind.length === 0) {
    const kinds = inGroup.map((each) => each.kind);
    const remedy = suggestion(kind, kinds) ?? `Write one of ${sortedUnique(kinds).join(", ")}`;
    return { path: "kind", value: kind, rule: `is not a kind of ${group}`, remedy };
  }
  if (group === GATEWAY_API && inGroup.length === 0) {
    const rule = "is the Gateway API, whose CRDs are not in the cluster";
    return {
      path: "apiVersion",
      value: apiVersion,
      rule,
      remedy: "Install these CRDs, or remove the object",
    };
  }
  if (ofKind.length > 0) {
    const rule = `is not an API version of kind ${kind}`;
    return {
      path: "apiVersion",
      value: apiVersion,
      rule,
      remedy: `Write ${alternatives(ofKind.map(latest))}`,
    };
  }
  const groups = sortedUnique(crds.map((each) => each.group));
  const near = suggestion(group, groups);
  if (near !== undefined) {
    const rule = "is not a known API version";
    return { path: "apiVersion", value: apiVersion, rule, remedy: near };
  }
  const kinds = crds.map((each) => each.kind);
  const remedy = suggestion(kind, kinds) ?? `Remove the object; known are ${sortedUnique(kinds).join(", ")}`;
  return { path: "kind", value: kind, rule: "is not a kind of Istio or the Gateway API", remedy };
}

/** Whether {@link findKind} found the kind. */
export function isKindVersion(found: KindVersion | Fault): found is KindVersion {
  return "crd" in found;
}

/** Formats the API version of a kind: `networking.istio.io/v1`. */
export function formatApiVersion({ crd, version }: KindVersion): string {
  return `${crd.group}/${version.name}`;
}

function versionOf(crd: Crd, apiVersion: string, name: string): KindVersion | Fault {
  const { versions } = crd;
  const exact = versions.find((version) => version.name === name);
  const [current] = versions;
  const found = exact ?? (isIstioGroup(crd.group) && FORMER_VERSIONS.includes(name) ? current : undefined);
  if (found !== undefined) return { crd, version: found };
  const rule = `is not a version of ${crd.kind} that the API server serves`;
  const served = versions.map((version) => formatApiVersion({ crd, version }));
  return { path: "apiVersion", value: apiVersion, rule, remedy: `Write ${alternatives(served)}` };
}

/** Formats the latest served version of a CRD. */
function latest(crd: Crd): string {
  const version = crd.versions.find(({ name }) => name === "v1") ?? crd.versions.at(-1);
  return version === undefined ? crd.group : formatApiVersion({ crd, version });
}

/** Formats alternatives: `'a'`, `'a' or 'b'`. */
function alternatives(texts: readonly string[]): string {
  return texts.map((text) => `'${text}'`).join(" or ");
}
