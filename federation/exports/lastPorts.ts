import type { AuthorizationPolicy } from "../callers/authorizationPolicy.ts";
import type { GuardedService } from "../callers/guardedService.ts";
import { sortedUnique } from "../order.ts";

/** Ports of workloads, as the last policies of a Service have them. */
export interface LastPorts {
  /** Those of the Service itself, at which they tell callers apart; none where they do not. */
  held: number[];
  /** Those that they leave open to callers whom the rule admits: of the Service, and of others that share its workloads. */
  open: number[];
}

/** Of our policies of one Service: `istio-federation-<action>-<service>`, an ALLOW policy also with a suffix after a dot. */
const NAME = /^istio-federation-(?:allow|deny)-([^.]+)/;

/**
 * Finds the ports that the last update's policies of a Service name: while none of its workloads tells where a named port leads, as when it
 * is scaled to zero, they are the best that is known of it.
 * @returns by namespace and name of a Service; none where it had no policy.
 */
export function lastPorts(
  policies: readonly AuthorizationPolicy[],
): (service: { namespace: string; name: string }) => LastPorts {
  const byService = Map.groupBy(policies, ({ namespace, name }) => `${namespace}/${NAME.exec(name)?.[1]}`);
  return ({ namespace, name }) => {
    const operations = (byService.get(`${namespace}/${name}`) ?? [])
      .flatMap(({ spec }) => spec.rules)
      .flatMap(({ to = [] }) => to.map(({ operation }) => operation));
    const held = operations.flatMap(({ ports = [] }) => ports);
    const open = operations.flatMap(({ notPorts = [] }) => notPorts);
    return { held: numbers(held), open: numbers(open) };
  };
}

function numbers(texts: readonly string[]): number[] {
  return sortedUnique(texts).map(Number);
}

/** The offered ports of a Service of which no workload tells where they lead. */
export function unknownPorts({ ports }: Pick<GuardedService, "ports">): GuardedService["ports"] {
  return ports.filter(({ targetPorts = [] }) => targetPorts.length === 0);
}

/**
 * The same Service, with each port that is unknown leading to all of these ports to which no other port of it leads now. (Which of them it was they do not tell: where HTTP and other ports are unknown at once, all are held like those without HTTP.)
 */
export function withLastPorts<T extends GuardedService>(service: T, last: readonly number[]): T {
  const known = service.ports.flatMap(({ targetPorts = [] }) => targetPorts);
  const left = last.filter((port) => !known.includes(port));
  const unknown = unknownPorts(service);
  if (unknown.length === 0 || left.length === 0) return service;
  const ports = service.ports.map((port) => (unknown.includes(port) ? { ...port, targetPorts: left } : port));
  return { ...service, ports };
}
