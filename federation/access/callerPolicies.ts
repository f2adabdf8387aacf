import { type Fault, within } from "../core/fault.ts";
import { compare, compareNames } from "../core/order.ts";
import { serviceKey } from "../exports/exportRule.ts";
import type { Offer } from "../exports/offer.ts";
import type { AuthorizationPolicy } from "./authorizationPolicy.ts";
import type { PolicyContext } from "./callers.ts";
import { callerWarnings, sharedDomainWarnings, whyUnenforceable } from "./enforceability.ts";
import { gatewayPolicies, gatewayPolicyWarnings } from "./gatewayPolicy.ts";
import { sharedPortWarnings } from "./sharedWorkloads.ts";
import { needsWorkloadPolicy, workloadPolicies } from "./workloadPolicy.ts";
import { exposedPorts, lastPorts, unknownPorts, withLastPorts } from "./workloadPorts.ts";

/** AuthorizationPolicies that enforce the export rules. */
export interface PolicyDecision {
  /** By namespace and name. */
  policies: AuthorizationPolicy[];
  /** Hosts of Services that must not be exported, as no policy could enforce their rules; sorted. The warnings state why. */
  unenforceable: string[];
  warnings: Fault[];
}

/**
 * Decides the policies of workloads and of the gateway. A Service that everybody may call has none.
 * @param last our policies of the last update: their port numbers stay where no workload shows a port's number.
 * @returns equal policies for equal offers in any order.
 */
export function callerPolicies(
  offers: readonly Offer[],
  context: PolicyContext,
  last: readonly AuthorizationPolicy[],
): PolicyDecision {
  const lastOf = lastPorts(last);
  const found = new Map(offers.map((offer) => [offer.host, offer]));
  const sorted = offers
    .map((offer) => {
      const { restricted: known, open } = lastOf(offer);
      return withLastPorts(offer, known.length > 0 ? known : open);
    })
    .sort((one, other) => compare(one.host, other.host));
  const faults = new Map<string, Fault>();
  const restricted = sorted.filter((offer) => needsWorkloadPolicy(offer, context));
  for (const offer of new Set([...restricted, ...sorted.filter(({ via }) => via === "terminated")])) {
    const fault = whyUnenforceable(offer, context);
    if (fault !== undefined) faults.set(offer.host, within(pathTo(offer), fault));
  }
  const exported = sorted.filter(({ host }) => !faults.has(host));
  // Only a Service's own ports stay open at Services that share its workloads.
  const exposing = offers
    .filter(({ host }) => !faults.has(host))
    .map((offer) => withLastPorts(offer, lastOf(offer).restricted));
  const [passthroughOf, terminatedOf] = [
    exposedPorts(exposing, "passthrough"),
    exposedPorts(exposing, "terminated"),
  ];
  const policies = exported.flatMap((offer) => {
    // Unknown ports of Services that share its workloads are those of the last update.
    const known = unknownPorts(found.get(offer.host) ?? offer).length === 0 ? [] : lastOf(offer).open;
    const exposed = { passthrough: [...passthroughOf(offer), ...known], terminated: terminatedOf(offer) };
    return workloadPolicies(offer, exposed, context);
  });
  const atGateway = gatewayPolicies(exported, context);
  return {
    policies: [...policies, ...atGateway].sort(compareNames),
    unenforceable: [...faults.keys()],
    warnings: [
      ...faults.values(),
      ...restricted
        .filter(({ host }) => !faults.has(host))
        .flatMap((offer) =>
          callerWarnings(offer, found.get(offer.host) ?? offer).map((warning) =>
            within(pathTo(offer), warning),
          ),
        ),
      ...[...Map.groupBy(exported, ({ namespace }) => namespace).values()].flatMap(sharedPortWarnings),
      ...gatewayPolicyWarnings(exported, atGateway, context),
      ...sharedDomainWarnings(exported, context),
    ],
  };
}

function pathTo(offer: Offer): string {
  return `Service ${serviceKey(offer)}`;
}
