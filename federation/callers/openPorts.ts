import type { GuardedService } from "./guardedService.ts";
import { sharingIndex } from "./sharingIndex.ts";

/**
 * Finds the ports that workloads of a Service offer to any peer itself, for it or for another Service.
 * @param services all that are exported, of any namespace.
 */
export function openPorts(services: readonly GuardedService[]): (service: GuardedService) => number[] {
  // Nobody but the gateway is led to what it opens.
  return portsLedTo(services.filter(({ terminated }) => terminated !== true));
}

/** Finds, likewise, the ports of a Service's workloads to which the gateway leads calls that it has opened, for it or for another Service. */
export function openedPorts(services: readonly GuardedService[]): (service: GuardedService) => number[] {
  return portsLedTo(services.filter(({ terminated }) => terminated === true));
}

function portsLedTo(services: readonly GuardedService[]): (service: GuardedService) => number[] {
  const byNamespace = new Map(
    [...Map.groupBy(services, ({ namespace }) => namespace)].map(([namespace, neighbours]) => [
      namespace,
      sharingIndex(neighbours, portsOf),
    ]),
  );
  return (service) => [
    ...new Set(
      byNamespace
        .get(service.namespace)?.(service)
        .flatMap((ports) => [...ports]),
    ),
  ];
}

function portsOf(services: readonly GuardedService[]): Set<number> {
  return new Set(services.flatMap(({ ports }) => ports.flatMap(({ targetPorts = [] }) => targetPorts)));
}
