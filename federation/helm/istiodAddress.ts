import { type HelmValues, type ValueDecision, limited } from "./decision.ts";
import { valueAt } from "../core/schema.ts";

const SERVICE = /^istiod(?:-revision-tag-[a-z0-9.-]+)?\.istio-system(?:\.svc(?:\.[a-z0-9.-]+)?)?$/;

/** Returns the hosts that the values name as further ones of this cluster's istiod, which its certificate has. */
export function customHosts(values: HelmValues): string[] {
  const custom = valueAt(values, ["env", "ISTIOD_CUSTOM_HOST"]);
  return typeof custom === "string" ? custom.split(",").map((host) => host.trim()) : [];
}

/** The address at which proxies get their configuration, and their certificates unless told otherwise: this cluster's istiod. */
export function discoveryAddress(path: string): ValueDecision {
  return limited(
    path,
    "this cluster's istiod: its Service, or a host of `env.ISTIOD_CUSTOM_HOST`",
    (value, values) =>
      value === "" || (typeof value === "string" && isIstiodHost(value.replace(/:\d+$/, ""), values)),
    "is not known as an address of this cluster's istiod: proxies would get configuration and certificates from another one, which has neither this cluster's policies nor its imports",
    "Remove it; if it leads to this cluster's istiod, add its host to env.ISTIOD_CUSTOM_HOST",
  );
}

/** Whether a host is this cluster's istiod; an IPv6 address may have brackets. */
export function isIstiodHost(host: string, values: HelmValues): boolean {
  const withoutBrackets = (text: string): string => text.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  const name = withoutBrackets(host);
  return SERVICE.test(name) || customHosts(values).map(withoutBrackets).includes(name);
}
