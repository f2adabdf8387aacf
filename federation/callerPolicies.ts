import type { AuthorizationPolicy } from "./authorizationPolicy.ts";
import { unguardable, warnOfCallers, warnOfSharing } from "./callerFaults.ts";
import { type CallingMesh, type GuardedService, isRestricted, policiesOf } from "./callerPolicy.ts";
import { warnOfCommonDomains } from "./commonDomains.ts";
import { type Fault, within } from "./fault.ts";
import { compare } from "./order.ts";

/** What holds callers to what the export rules say. */
export interface CallerPolicies {
  /** By namespace and name; each name is one Service's own. */
  policies: AuthorizationPolicy[];
  /** Hosts of the Services that must not be offered, as nothing could hold their callers; sorted. The warnings say why. */
  withheld: string[];
  warnings: Fault[];
}

/**
 * Decides by which policies the workloads of the exported Services refuse who may not call. A Service that everybody may call has none.
 * @returns the same for the same Services in any order.
 */
export function callerPolicies(services: readonly GuardedService[], mesh: CallingMesh): CallerPolicies {
  const sorted = [...services].sort((one, other) => compare(one.host, other.host));
  const withheld = new Map<string, Fault>();
  const restricted = sorted.filter((service) => isRestricted(service, mesh));
  for (const service of restricted) {
    const fault = unguardable(service);
    if (fault !== undefined) withheld.set(service.host, within(pathTo(service), fault));
  }
  const offered = sorted.filter(({ host }) => !withheld.has(host));
  const guarded = restricted.filter(({ host }) => !withheld.has(host));
  const byNamespace = Map.groupBy(offered, ({ namespace }) => namespace);
  const policies = offered.flatMap((service) =>
    policiesOf(service, byNamespace.get(service.namespace) ?? [], mesh),
  );
  return {
    policies: policies.sort(
      (one, other) => compare(one.namespace, other.namespace) || compare(one.name, other.name),
    ),
    withheld: [...withheld.keys()],
    warnings: [
      ...withheld.values(),
      ...guarded.flatMap((service) =>
        warnOfCallers(service).map((warning) => within(pathTo(service), warning)),
      ),
      ...[...byNamespace.values()].flatMap(warnOfSharing),
      ...warnOfCommonDomains(offered, mesh),
    ],
  };
}

function pathTo({ namespace, name }: GuardedService): string {
  return `Service ${namespace}/${name}`;
}
