import { createHash } from "node:crypto";
import { ownValue, sortedRecord } from "../core/order.ts";
import { isHttp } from "../core/port.ts";
import type { Offer } from "../exports/offer.ts";
import type { AuthorizationPolicy, PolicyRule } from "./authorizationPolicy.ts";
import { type DomainCallers, type PolicyContext, type PolicyDomain, peerCallers } from "./callers.ts";
import { gatewayCaller } from "./gatewayPolicy.ts";
import {
  type ProtocolPorts,
  allowRules,
  anonymousRules,
  deniesSome,
  denyRules,
  otherPortsRules,
} from "./policyRules.ts";
import { joinSelectors, widestSelectors } from "./sharedWorkloads.ts";

/** Ports of a Service's workloads that the gateway calls, for this or another Service. */
export interface ExposedPorts {
  /** Ports behind passthrough, which peers call themselves. */
  passthrough: readonly number[];
  /** Ports behind TLS termination, which the gateway calls. */
  terminated: readonly number[];
}

/**
 * Renders the policies by which workloads of a Service deny callers; none when nobody is denied. Behind a TLS-terminating gateway workloads
 * see the gateway as caller, and the gateway's own policy denies callers of peers (see {@link gatewayPolicies}).
 *
 * A DENY policy matches the denied callers only, so other callers and policies are unaffected. Where ALLOW policies of others select the
 * workloads, an ALLOW policy beside them admits peers' callers whom the rule names.
 */
export function workloadPolicies(
  offer: Offer,
  { passthrough, terminated }: ExposedPorts,
  context: PolicyContext,
): AuthorizationPolicy[] {
  if (!needsWorkloadPolicy(offer, context)) return [];
  const ports = protocolPorts(offer);
  const peers = peerCallers(offer, context);
  const deny = [
    ...denyRules(ports, peers),
    ...(restrictsPeers(offer, peers) ? otherPortsRules(passthrough, domainsOf(peers)) : []),
    ...localRules(offer, ports, terminated, context),
  ];
  return [
    ...policy(offer, `istio-federation-deny-${offer.name}`, "DENY", offer.selector, deny),
    ...allowPolicies(offer, ports, peers, context),
  ];
}

/** Whether some caller is denied something that workloads must enforce. */
export function needsWorkloadPolicy(offer: Offer, context: PolicyContext): boolean {
  return (
    offer.rule.localCallers !== undefined ||
    (restrictsAtWorkloads(offer, context) && restrictsPeers(offer, peerCallers(offer, context))) ||
    extendedAllows(offer, context).length > 0
  );
}

/** Whether workloads restrict peers' callers; behind a TLS-terminating gateway where that is possible. */
function restrictsAtWorkloads(
  { via, selector, namespace }: Offer,
  { rootNamespace }: PolicyContext,
): boolean {
  return via === "passthrough" || (Object.keys(selector).length > 0 && namespace !== rootNamespace);
}

function restrictsPeers({ isWhole }: Offer, peers: readonly DomainCallers[]): boolean {
  return peers.length > 0 && (!isWhole || deniesSome(peers));
}

/** Renders the rules for local callers; the gateway is one at ports behind TLS termination, also those of another Service. */
function localRules(
  { rule: { localCallers }, via }: Offer,
  ports: ProtocolPorts,
  terminated: readonly number[],
  { trustDomain, gateway }: PolicyContext,
): PolicyRule[] {
  if (localCallers === undefined) return [];
  const domain = { trustDomain, isOwn: true };
  const some = (wanted: boolean): ProtocolPorts => {
    const isWanted = (port: number): boolean =>
      (via === "terminated" || terminated.includes(port)) === wanted;
    return { http: ports.http.filter(isWanted), other: ports.other.filter(isWanted) };
  };
  return [
    ...denyRules(some(true), [{ domain, entries: [gatewayCaller(gateway), ...localCallers] }]),
    ...denyRules(some(false), [{ domain, entries: localCallers }]),
    ...anonymousRules(ports),
  ];
}

/** Renders ALLOW policies, only beside those of others: an ALLOW policy alone would deny everybody else. */
function allowPolicies(
  offer: Offer,
  ports: ProtocolPorts,
  peers: readonly DomainCallers[],
  context: PolicyContext,
): AuthorizationPolicy[] {
  const gateway = {
    domain: { trustDomain: context.trustDomain, isOwn: true },
    entries: [gatewayCaller(context.gateway)],
  };
  const rules = allowRules(ports, offer.via === "terminated" ? [gateway] : peers);
  return extendedAllows(offer, context).flatMap((selector) => {
    const isAll = Object.keys(selector).length === Object.keys(offer.selector).length;
    // No Service has a dot in its name, so the name is unique.
    const suffix = isAll
      ? ""
      : `.${createHash("sha256").update(JSON.stringify(selector)).digest("hex").slice(0, 8)}`;
    return policy(offer, `istio-federation-allow-${offer.name}${suffix}`, "ALLOW", selector, rules);
  });
}

/** Selectors of workloads at which ALLOW policies of others would deny peers' callers whom the rule names. */
function extendedAllows(offer: Offer, context: PolicyContext): Record<string, string>[] {
  if (offer.rule.callers === undefined || !restrictsAtWorkloads(offer, context)) return [];
  const found = ownValue(context.foreignAllows, offer.host) ?? [];
  const joined = found.map((selector) => joinSelectors(offer.selector, selector));
  return widestSelectors(joined.filter((selector) => selector !== undefined));
}

function policy(
  { namespace }: Offer,
  name: string,
  action: "ALLOW" | "DENY",
  selector: Readonly<Record<string, string>>,
  rules: PolicyRule[],
): AuthorizationPolicy[] {
  if (rules.length === 0) return [];
  const matchLabels = sortedRecord(Object.entries(selector));
  return [{ namespace, name, spec: { selector: { matchLabels }, action, rules } }];
}

/** Groups target ports by protocol. A port of both kinds is in both lists, and is restricted like one without HTTP. */
function protocolPorts({ ports }: Offer): ProtocolPorts {
  const known = ports.flatMap(({ targetPorts, protocol }) =>
    targetPorts.map((targetPort) => ({ targetPort, isHttp: isHttp(protocol) })),
  );
  const [http = [], other = []] = [true, false].map((wanted) =>
    known.filter((port) => port.isHttp === wanted).map(({ targetPort }) => targetPort),
  );
  return { http, other };
}

function domainsOf(callers: readonly DomainCallers[]): PolicyDomain[] {
  return callers.map(({ domain }) => domain);
}
