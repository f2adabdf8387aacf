import type { Fault } from "../core/fault.ts";
import { sortedUnique } from "../core/order.ts";
import { firstNames } from "../core/text.ts";
import { IMPORT_NAMESPACE } from "../core/wellKnown.ts";

/** Istio's Sidecar without a selector: it limits what the proxies of its namespace know, or of all namespaces from the root namespace. */
export interface SidecarScope {
  namespace: string;
  name: string;
  /** Hosts of all its egress listeners, `<namespace>/<host>`; empty where it has none, and so limits nothing. */
  hosts: readonly string[];
}

/** Findings about namespaces whose proxies do not know imported services. */
interface ScopeFindings {
  faults: Fault[];
  warnings: Fault[];
}

/**
 * Finds the namespaces that are to call imported services and whose proxies do not get them. A namespace that `exportTo` names is a fault;
 * where all namespaces see the imports, a limited one may be meant so.
 * @param importing namespaces that see imported services; `*` for all.
 */
export function checkSidecarScopes(
  scopes: readonly SidecarScope[],
  importing: readonly string[],
  rootNamespace: string,
): ScopeFindings {
  const limiting = scopes.filter((scope) => !knowsImports(scope));
  const scopeOf = (namespace: string): SidecarScope | undefined =>
    scopes.find((scope) => scope.namespace === namespace) ??
    scopes.find((scope) => scope.namespace === rootNamespace);
  const named = sortedUnique(importing).filter(
    (namespace) => namespace !== "*" && namespace !== IMPORT_NAMESPACE,
  );
  const faults = named.flatMap((namespace): Fault[] => {
    const scope = scopeOf(namespace);
    return scope === undefined || knowsImports(scope) ? [] : [limited(scope, `namespace ${namespace}`)];
  });
  const others = limiting.filter(({ namespace }) => !named.includes(namespace));
  const warnings = importing.includes("*")
    ? others.map((scope) =>
        limited(scope, scope.namespace === rootNamespace ? "all namespaces without one" : "its namespace"),
      )
    : [];
  return { faults, warnings };
}

function knowsImports({ hosts }: SidecarScope): boolean {
  const namespaces = hosts.map((host) => host.split("/")[0] ?? "");
  return hosts.length === 0 || namespaces.some((name) => name === "*" || name === IMPORT_NAMESPACE);
}

function limited({ namespace, name, hosts }: SidecarScope, whose: string): Fault {
  return {
    path: `Sidecar ${namespace}/${name}`,
    rule: `limits the proxies of ${whose} to ${firstNames(hosts)}, so they do not know imported services`,
    remedy: `Add '${IMPORT_NAMESPACE}/*' to the hosts of its egress`,
  };
}
