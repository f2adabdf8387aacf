import { unguardable, warnOfCallers, warnOfCommonDomains } from "./callerWarnings.ts";
import { gatewayPolicy, warnOfGateway } from "./gatewayPolicy.ts";
import { type AuthorizationPolicy, isRestricted, policiesOf } from "./policy.ts";
import { type CallingMesh, type GuardedService, openPorts, openedPorts } from "./policyTarget.ts";
import { warnOfSharing } from "./sharing.ts";
import { type Fault, within } from "../core/fault.ts";
import { compare } from "../core/order.ts";
import { lastPorts, unknownPorts, withLastPorts } from "../exports/lastExports.ts";

/** What holds callers to what the export rules say. */
export interface CallerPolicies {
  /** By namespace and name; each name is one Service's own, but for the gateway's. */
  policies: AuthorizationPolicy[];
  /** Hosts of the Services that must not be offered, as nothing could hold their callers; sorted. The warnings say why. */
  withheld: string[];
  warnings: Fault[];
}

/**
 * Decides by which policies the workloads of the exported Services refuse who may not call. A Service that everybody may call has none.
 * @param last our policies as the last update made them: where no workload tells a port's number, those that they have stay.
 * @returns the same for the same Services in any order.
 */
export function callerPolicies(
  services: readonly GuardedService[],
  mesh: CallingMesh,
  last: readonly AuthorizationPolicy[] = [],
): CallerPolicies {
  const lastOf = lastPorts(last);
  const found = new Map(services.map((service) => [service.host, service]));
  const sorted = services
    .map((service) => {
      const { held, open } = lastOf(service);
      return withLastPorts(service, held.length > 0 ? held : open);
    })
    .sort((one, other) => compare(one.host, other.host));
  const withheld = new Map<string, Fault>();
  const restricted = sorted.filter((service) => isRestricted(service, mesh));
  for (const service of new Set([...restricted, ...sorted.filter(({ terminated }) => terminated === true)])) {
    const fault = unguardable(service);
    if (fault !== undefined) withheld.set(service.host, within(pathTo(service), fault));
  }
  const offered = sorted.filter(({ host }) => !withheld.has(host));
  const guarded = restricted.filter(({ host }) => !withheld.has(host));
  // Not all that is open at a Service's workloads is its own, to be open at its neighbours' too.
  const led = services
    .filter(({ host }) => !withheld.has(host))
    .map((service) => withLastPorts(service, lastOf(service).held));
  const [openOf, openedOf] = [openPorts(led), openedPorts(led)];
  const policies = offered.flatMap((service) => {
    // Of Services that share its workloads, and tell no more of their ports than it does, the last update knew.
    const known = unknownPorts(found.get(service.host) ?? service).length === 0 ? [] : lastOf(service).open;
    return policiesOf(service, { open: [...openOf(service), ...known], opened: openedOf(service) }, mesh);
  });
  const atGateway = gatewayPolicy(offered, mesh);
  return {
    policies: [...policies, ...atGateway].sort(
      (one, other) => compare(one.namespace, other.namespace) || compare(one.name, other.name),
    ),
    withheld: [...withheld.keys()],
    warnings: [
      ...withheld.values(),
      ...guarded.flatMap((service) =>
        warnOfCallers(service, found.get(service.host)).map((warning) => within(pathTo(service), warning)),
      ),
      ...[...Map.groupBy(offered, ({ namespace }) => namespace).values()].flatMap(warnOfSharing),
      ...warnOfGateway(offered, atGateway, mesh),
      ...warnOfCommonDomains(offered, mesh),
    ],
  };
}

function pathTo({ namespace, name }: GuardedService): string {
  return `Service ${namespace}/${name}`;
}
