import { sortedUnique } from "../core/order.ts";
import type { Offer } from "../exports/offer.ts";
import type { AuthorizationPolicy } from "./authorizationPolicy.ts";
import { sharedWorkloadIndex } from "./sharedWorkloads.ts";

/** Ports of workloads in the policies of the last update for a Service. */
export interface LastPorts {
  /** The Service's own ports, at which callers are restricted. */
  restricted: number[];
  /** Ports that stay open to peers: of the Service, and of others that share its workloads. */
  open: number[];
}

/** Policies of one Service: `istio-federation-<action>-<service>`, an ALLOW policy also with a suffix after a dot. */
const POLICY_NAME = /^istio-federation-(?:allow|deny)-([^.]+)/;

/**
 * Finds the ports in the last update's policies of a Service. They stay while no workload shows the number of a named port, as when it is
 * scaled to zero.
 * @returns no ports for a Service that had no policy.
 */
export function lastPorts(
  policies: readonly AuthorizationPolicy[],
): (service: { namespace: string; name: string }) => LastPorts {
  const byService = Map.groupBy(
    policies,
    ({ namespace, name }) => `${namespace}/${POLICY_NAME.exec(name)?.[1]}`,
  );
  return ({ namespace, name }) => {
    const operations = (byService.get(`${namespace}/${name}`) ?? [])
      .flatMap(({ spec }) => spec.rules)
      .flatMap(({ to = [] }) => to.map(({ operation }) => operation));
    const restricted = operations.flatMap(({ ports = [] }) => ports);
    const open = operations.flatMap(({ notPorts = [] }) => notPorts);
    return { restricted: numbers(restricted), open: numbers(open) };
  };
}

function numbers(texts: readonly string[]): number[] {
  return sortedUnique(texts).map(Number);
}

/** Exported ports whose target ports are unknown, as no workload shows them. */
export function unknownPorts({ ports }: Offer): Offer["ports"] {
  return ports.filter(({ targetPorts }) => targetPorts.length === 0);
}

/**
 * Gives unknown ports the last target ports that no other port of the Service has now. Which of them belongs to which port is unknown: where
 * HTTP and other ports are unknown at once, all are restricted like those without HTTP.
 */
export function withLastPorts(offer: Offer, last: readonly number[]): Offer {
  const known = offer.ports.flatMap(({ targetPorts }) => targetPorts);
  const left = last.filter((port) => !known.includes(port));
  const unknown = unknownPorts(offer);
  if (unknown.length === 0 || left.length === 0) return offer;
  const ports = offer.ports.map((port) => (unknown.includes(port) ? { ...port, targetPorts: left } : port));
  return { ...offer, ports };
}

/**
 * Finds the ports of a Service's workloads that are exported one way, for this Service or another one.
 * @param offers all exports, of any namespace.
 */
export function exposedPorts(offers: readonly Offer[], via: Offer["via"]): (offer: Offer) => number[] {
  const byNamespace = new Map(
    [
      ...Map.groupBy(
        offers.filter((offer) => offer.via === via),
        ({ namespace }) => namespace,
      ),
    ].map(([namespace, neighbours]) => [namespace, sharedWorkloadIndex(neighbours, targetPortSet)]),
  );
  return (offer) => [
    ...new Set(
      byNamespace
        .get(offer.namespace)?.(offer)
        .flatMap((ports) => [...ports]),
    ),
  ];
}

function targetPortSet(offers: readonly Offer[]): Set<number> {
  return new Set(offers.flatMap(({ ports }) => ports.flatMap(({ targetPorts }) => targetPorts)));
}
