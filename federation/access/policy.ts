import { createHash } from "node:crypto";
import * as z from "zod";
import { type PolicyDomain, peerCallers } from "./callers.ts";
import { gatewayCaller } from "./gatewayPolicy.ts";
import type { CallingMesh, GuardedService } from "./policyTarget.ts";
import {
  type DomainCallers,
  type TargetPorts,
  allowRules,
  anonymousRules,
  denyRules,
  otherPortsRules,
  refusesSome,
} from "./rules.ts";
import { joinSelectors, widest } from "./sharing.ts";
import { ownValue, sortedRecord } from "../core/order.ts";
import { isHttp } from "../core/port.ts";
import { ISTIO_NAMESPACE } from "../core/wellKnown.ts";

/** Where a call comes from: an identity that one of `principals` means (all when left out), and none of `notPrincipals`. */
export interface Source {
  principals?: string[];
  notPrincipals?: string[];
}

/** What a call wants: all that is given must be met. Ports are those of the workload, as text. */
export interface Operation {
  ports?: string[];
  notPorts?: string[];
  methods?: string[];
  notMethods?: string[];
  paths?: string[];
  notPaths?: string[];
}

/** By what rules go besides: whom a certificate names, and whom the caller asked for in the TLS handshake. */
export const CONDITIONS = ["source.principal", "connection.sni"] as const;

/** A rule matches a call from any of the sources (left out: from anybody), for any of the operations, under all conditions. */
export interface PolicyRule {
  from?: { source: Source }[];
  to?: { operation: Operation }[];
  when?: { key: (typeof CONDITIONS)[number]; values: string[] }[];
}

/**
 * An object of `security.istio.io/v1`. A workload first refuses what any DENY policy that selects it matches; then, if any ALLOW policy
 * selects it, it refuses what none of them matches.
 */
export interface AuthorizationPolicy {
  namespace: string;
  name: string;
  spec: {
    selector: { matchLabels: Record<string, string> };
    action: "ALLOW" | "DENY";
    /** At least one. */
    rules: PolicyRule[];
  };
}

const texts = z.array(z.string());
/** Schema of {@link AuthorizationPolicy}. */
export const authorizationPolicy: z.ZodType<AuthorizationPolicy> = z.object({
  namespace: z.string(),
  name: z.string(),
  spec: z.object({
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    action: z.enum(["ALLOW", "DENY"]),
    rules: z.array(
      z.object({
        from: z
          .array(
            z.object({
              source: z.object({ principals: texts.exactOptional(), notPrincipals: texts.exactOptional() }),
            }),
          )
          .exactOptional(),
        to: z
          .array(
            z.object({
              operation: z.object({
                ports: texts.exactOptional(),
                notPorts: texts.exactOptional(),
                methods: texts.exactOptional(),
                notMethods: texts.exactOptional(),
                paths: texts.exactOptional(),
                notPaths: texts.exactOptional(),
              }),
            }),
          )
          .exactOptional(),
        when: z.array(z.object({ key: z.enum(CONDITIONS), values: texts })).exactOptional(),
      }),
    ),
  }),
});

/** What leads to a Service's workloads: the ports that they offer to any peer, and those to which the gateway leads calls that it has opened; for it or for other Services. */
export interface LedTo {
  open: readonly number[];
  opened: readonly number[];
}

/**
 * The policies by which the workloads of a Service refuse who may not call it; none when nobody is to be refused. Of one whose calls the
 * gateway opens, callers of peers are the gateway there, and the gateway's own policy refuses who may not call (see {@link gatewayPolicy}).
 *
 * What is refused is said as DENY of those who are: it leaves all others, and other policies, as they are. Only where policies of
 * others allow so and so many callers and no others, an ALLOW policy beside them lets peers' callers in whom the rule names.
 */
export function policiesOf(
  service: GuardedService,
  { open, opened }: LedTo,
  mesh: CallingMesh,
): AuthorizationPolicy[] {
  if (!isRestricted(service, mesh)) return [];
  const ports = targetPortsOf(service);
  const peers = peerCallers(service, mesh);
  const deny = [
    ...denyRules(ports, peers),
    ...(holdsPeersOff(service, peers) ? otherPortsRules(open, domainsOf(peers)) : []),
    ...localRules(service, ports, opened, mesh),
  ];
  return [
    ...policy(service, `istio-federation-deny-${service.name}`, "DENY", service.selector, deny),
    ...extensions(service, ports, peers, mesh),
  ];
}

/** Whether something of a Service is refused to somebody, so that a policy at its workloads must hold it. */
export function isRestricted(service: GuardedService, mesh: CallingMesh): boolean {
  return (
    service.rule.localCallers !== undefined ||
    (canGuard(service) && holdsPeersOff(service, peerCallers(service, mesh))) ||
    allowsToExtend(service, mesh).length > 0
  );
}

/** Whether peers' callers are to be held at the workloads; where the gateway holds them, that is done as far as it can be. */
function canGuard({ terminated, selector, namespace }: GuardedService): boolean {
  return terminated !== true || (Object.keys(selector).length > 0 && namespace !== ISTIO_NAMESPACE);
}

function holdsPeersOff(service: GuardedService, peers: readonly DomainCallers[]): boolean {
  return peers.length > 0 && (!service.isWhole || refusesSome(peers));
}

/** Where the gateway leads opened calls it is a caller too, also if they are those of another Service. */
function localRules(
  { rule: { localCallers }, terminated }: GuardedService,
  ports: TargetPorts,
  opened: readonly number[],
  mesh: CallingMesh,
): PolicyRule[] {
  if (localCallers === undefined) return [];
  const domain = { trustDomain: mesh.trustDomain, isOwn: true };
  const some = (wanted: boolean): TargetPorts => {
    const isWanted = (port: number): boolean => (terminated === true || opened.includes(port)) === wanted;
    return { http: ports.http.filter(isWanted), other: ports.other.filter(isWanted) };
  };
  return [
    ...denyRules(some(true), [{ domain, entries: [gatewayCaller(mesh), ...localCallers] }]),
    ...denyRules(some(false), [{ domain, entries: localCallers }]),
    ...anonymousRules(ports),
  ];
}

/** ALLOW policies, one for all workloads where there are some of others; an ALLOW policy alone would shut everybody else out. */
function extensions(
  service: GuardedService,
  ports: TargetPorts,
  peers: readonly DomainCallers[],
  mesh: CallingMesh,
): AuthorizationPolicy[] {
  const gateway = {
    domain: { trustDomain: mesh.trustDomain, isOwn: true },
    entries: [gatewayCaller(mesh)],
  };
  const rules = allowRules(ports, service.terminated === true ? [gateway] : peers);
  return allowsToExtend(service, mesh).flatMap((selector) => {
    const isAll = Object.keys(selector).length === Object.keys(service.selector).length;
    // No Service has a dot in its name: this one is nobody else's.
    const suffix = isAll
      ? ""
      : `.${createHash("sha256").update(JSON.stringify(selector)).digest("hex").slice(0, 8)}`;
    return policy(service, `istio-federation-allow-${service.name}${suffix}`, "ALLOW", selector, rules);
  });
}

/** Selectors of the workloads of a Service at which others allow some callers only, and its rule names peers' callers. */
function allowsToExtend(service: GuardedService, mesh: CallingMesh): Record<string, string>[] {
  if (service.rule.callers === undefined || !canGuard(service)) return [];
  const found = ownValue(mesh.foreignAllows ?? {}, service.host) ?? [];
  const joined = found.map((selector) => joinSelectors(service.selector, selector));
  return widest(joined.filter((selector) => selector !== undefined));
}

function policy(
  { namespace }: GuardedService,
  name: string,
  action: "ALLOW" | "DENY",
  selector: Readonly<Record<string, string>>,
  rules: PolicyRule[],
): AuthorizationPolicy[] {
  if (rules.length === 0) return [];
  const matchLabels = sortedRecord(Object.entries(selector));
  return [{ namespace, name, spec: { selector: { matchLabels }, action, rules } }];
}

/** A workload's port may be both, when several ports of the Service lead to it: then it is held like one without HTTP. */
function targetPortsOf({ ports }: GuardedService): TargetPorts {
  const known = ports.flatMap(({ targetPorts = [], protocol }) =>
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
