import { refuseHostName } from "../address.ts";
import { extraName } from "../imports/extraName.ts";
import { isBelow } from "../hostname.ts";

/** The domains in which a cluster's names are. */
export interface NamingDomains {
  clusterDomain: string;
  /** Others that it owns. @default none */
  domains?: readonly string[];
}

/** Where Kubernetes itself gives names, right below the cluster domain. */
const KUBERNETES = ["pod", "svc"];

/**
 * Whether a cluster may offer a Service under this name, which is not its full one: below a domain that it owns, or below its cluster domain
 * where no Service and no Pod has its name. A cluster domain of one label (`local`, `com`) holds names that are others'. Nor is a name one that
 * means something else wherever it is called, such as `bar.xyz.svc`.
 */
export function isAlias(host: string, { clusterDomain, domains = [] }: NamingDomains): boolean {
  if (refuseHostName(host) !== undefined) return false;
  if (domains.some((domain) => isBelow(host, domain))) return true;
  if (!clusterDomain.includes(".") || !isBelow(host, clusterDomain)) return false;
  const last =
    host
      .slice(0, -clusterDomain.length - 1)
      .split(".")
      .at(-1) ?? "";
  return !KUBERNETES.includes(last);
}

/** Full name of a Service. */
export function hostOf(
  { namespace, name }: { namespace: string; name: string },
  { domain }: { domain: string },
): string {
  return `${name}.${namespace}.svc.${domain}`;
}

/** The name under which a rule offers a Service: its full one, unless the rule says another. */
export function offeredAs(
  service: { namespace: string; name: string },
  { as }: { as?: string },
  cluster: { domain: string },
): string {
  return (as === undefined ? undefined : extraName(as, service)) ?? hostOf(service, cluster);
}
