import type { AuthorizationPolicy } from "./authorizationPolicy.ts";
import { isHttp } from "../protocol.ts";
import type { CallingMesh, GuardedService } from "./guardedService.ts";
import { count } from "../change.ts";
import { type Fault, within } from "../fault.ts";
import { peerCallers } from "./peerCallers.ts";
import { refusesSome } from "./policyRules.ts";

/**
 * A gateway's filter chains times the Services' ports that its policy names in each: some 100 bytes of its configuration each. This is where 200
 * ports of 200 are named, or 4 MB.
 */
const NAMES_LIMIT = 200 * 200;

/**
 * What is to be known of a gateway that opens calls and refuses some.
 * @param services those that are offered.
 * @param policies what the gateway refuses them by.
 */
export function warnOfGateway(
  services: readonly GuardedService[],
  policies: readonly AuthorizationPolicy[],
  mesh: CallingMesh,
): Fault[] {
  const opened = services.filter(({ terminated }) => terminated === true);
  return [...opened.flatMap((service) => warnOfSilence(service, mesh)), ...warnOfNames(opened, policies)];
}

/** The gateway connects to the workload when it is connected to, and decides on the first byte that comes. */
function warnOfSilence(service: GuardedService, mesh: CallingMesh): Fault[] {
  const { namespace, name, ports, rule } = service;
  const others = ports.filter(({ protocol }) => !isHttp(protocol));
  const isRestricted = rule.localCallers !== undefined || refusesSome(peerCallers(service, mesh));
  if (others.length === 0 || !isRestricted) return [];
  const warning = {
    path: "ports",
    value: others.map((port) => port.name),
    rule: "is/are not HTTP, and the gateway refuses a caller only once it speaks: one that has a certificate of this cluster or a peer's, and stays silent, hears what such a server says first",
    remedy:
      "See that its clients speak first, or that what it says first is no secret; a workload's own sidecar holds it no better",
  };
  return [within(`Service ${namespace}/${name}`, warning)];
}

function warnOfNames(opened: readonly GuardedService[], policies: readonly AuthorizationPolicy[]): Fault[] {
  const chains = opened.reduce((sum, { ports }) => sum + ports.length, 0);
  const conditions = policies.flatMap(({ spec }) => spec.rules).flatMap(({ when = [] }) => when);
  const named = new Set(
    conditions.filter(({ key }) => key === "connection.sni").flatMap(({ values }) => values),
  ).size;
  if (chains * named <= NAMES_LIMIT) return [];
  return [
    {
      path: "exports",
      rule: `has the gateway, which opens calls of ${count(chains)} port(s), and tells callers of ${count(named)} of them apart by each one's name, take a configuration of some ${count(Math.round((chains * named) / 10_000))} MB, anew after each change`,
      remedy: "Offer fewer Services with gateway: terminating, or all those to the same callers",
    },
  ];
}
