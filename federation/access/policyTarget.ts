import type { CallerRules } from "../config/callers.ts";
import { sharingIndex } from "./sharing.ts";
import type { ServicePort } from "../contract/service.ts";

/** A Service that is exported, as far as it matters who may call it. */
export interface GuardedService {
  namespace: string;
  name: string;
  host: string;
  /** Empty where it has none. */
  selector: Readonly<Record<string, string>>;
  /** Those that are offered; `targetPorts` are all that they are at its workloads, left out when that is not known. */
  ports: readonly (ServicePort & { targetPorts?: readonly number[] })[];
  /** Whether the gateway opens calls of it: its workloads see the gateway's identity then. */
  terminated?: true;
  /** Whether no TCP port of it is left out of the offer: a gateway that passes calls on leads to those all the same. */
  isWhole: boolean;
  /** To whom it is offered, by their names in the config. */
  peers: readonly string[];
  /** Whether some workload of it takes plaintext too. */
  permissive?: boolean;
  rule: CallerRules;
  /** Its place among the config's `exports`. */
  ruleIndex?: number;
}

/** Among whom policies tell callers apart. */
export interface CallingMesh {
  /** Our own trust domain. */
  trustDomain: string;
  /** Name of our gateway's service account. @default that of the chart */
  gatewayAccount?: string;
  /** Each peer's, by its name in the config; undefined as long as it was never seen, when nobody trusts it either. */
  peers: Readonly<Record<string, string | undefined>>;
  /** Selectors of the ALLOW policies of others that may select workloads of a Service, by its host; `{}` selects all. */
  foreignAllows?: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
}
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
