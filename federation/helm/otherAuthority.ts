import { type HelmValues, type ValueDecision, limited, only } from "./decision.ts";
import { customHosts } from "./istiodAddress.ts";
import { valueAt } from "../core/schema.ts";

const RULE = "gives workloads or istiod certificates of another authority than the root that peers are given";
const REMEDY =
  "Remove it; another authority certifies istiod's own by certificateAuthority.source 'provided' or 'shared'";

/** A value that must leave istiod's own certificate authority in charge. */
export function onlyOwnAuthority(path: string, accepted: readonly string[]): ValueDecision {
  return only(path, accepted, RULE, REMEDY);
}

/** The address of a certificate authority, which must be this cluster's istiod. */
export function authorityAddress(path: string): ValueDecision {
  return limited(path, "this cluster's istiod", isIstiods, RULE, REMEDY);
}

/** Whether an address is one of this cluster's istiod, as proxies are told to reach it. */
function isIstiods(value: unknown, values: HelmValues): boolean {
  if (typeof value !== "string") return false;
  const known = ["istiod.istio-system.svc", ...customHosts(values)].map((host) => `${host}:15012`);
  return ["", valueAt(values, ["meshConfig", "defaultConfig", "discoveryAddress"]), ...known].includes(value);
}
