import type { Fault } from "../core/fault.ts";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../core/labels.ts";
import { compare, sortedUnique } from "../core/order.ts";
import type { ExistingMesh } from "./existingMesh.ts";
import { type FoundProxyConfig, PROXY_VARIABLES, isTrue } from "./installedIstio.ts";

/** ProxyConfigs that this stack declares, and the Pods that were injected without one. */
export interface ProxyPlan {
  /** Namespaces that get a ProxyConfig, sorted. */
  namespaces: readonly string[];
  /** Pods that take part after a restart, as `namespace/name`, sorted. */
  restarts: readonly string[];
  faults: readonly Fault[];
}

/**
 * Plans the ProxyConfigs of the namespaces that call peers or are called by them. Of several without a selector Istio takes the oldest of a
 * namespace, so an older one of somebody else is in the way of ours. Nothing is needed where the mesh has the variables for all proxies.
 */
export function planProxies(
  {
    installed: { proxyConfigs, proxies },
    controlPlanes,
    rootNamespace,
  }: Pick<ExistingMesh, "installed" | "controlPlanes" | "rootNamespace">,
  namespaces: readonly string[],
): ProxyPlan {
  const byNamespace = Map.groupBy(
    [...proxyConfigs].sort((one, other) => compare(one.created, other.created)),
    ({ namespace }) => namespace,
  );
  const foreignIn = (place: string): FoundProxyConfig | undefined => {
    const [oldest] = byNamespace.get(place) ?? [];
    return oldest?.labels[MANAGED_BY_LABEL] === MANAGED_BY ? undefined : oldest;
  };
  const ofMesh = (variable: string): boolean =>
    isTrue(foreignIn(rootNamespace)?.environment[variable]) ||
    controlPlanes.every(({ settings }) => isTrue(settings.defaultConfig.proxyMetadata[variable]));
  const places = sortedUnique(namespaces);
  const lacking = (place: string): string[] =>
    PROXY_VARIABLES.filter((variable) => {
      const own = foreignIn(place)?.environment[variable];
      return own === undefined ? !ofMesh(variable) : !isTrue(own);
    });
  const wanted = places.filter((place) => lacking(place).length > 0);
  const faults = wanted.flatMap((place): Fault[] => {
    const other = foreignIn(place);
    if (other === undefined) return [];
    const rule = `is older than the program's would be, so it decides there alone, and does not set ${lacking(place).join(" and ")}`;
    const remedy = `Have its owner add ${lacking(place)
      .map((variable) => `${variable}: "true"`)
      .join(" and ")} to its environmentVariables`;
    return [{ path: `ProxyConfig ${place}/${other.name}`, rule, remedy }];
  });
  const restarts = proxies
    .filter(
      ({ namespace, variables }) => places.includes(namespace) && variables.length < PROXY_VARIABLES.length,
    )
    .map(({ namespace, name }) => `${namespace}/${name}`);
  return {
    namespaces: wanted.filter((place) => foreignIn(place) === undefined),
    restarts: sortedUnique(restarts),
    faults,
  };
}
