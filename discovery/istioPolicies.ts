import type { Created, MutualTlsMode, PeerAuthentication } from "../federation/exports/clusterServices.ts";
import type { GatewayTls } from "../federation/exports/mutualTls.ts";
import type { KubernetesObject } from "../kubernetes/kinds.ts";

interface ModeObject {
  mode?: MutualTlsMode | "UNSET";
}

/** What is read of Istio's PeerAuthentication. */
export type PeerAuthenticationObject = KubernetesObject & {
  spec?: {
    selector?: { matchLabels?: Record<string, string> };
    mtls?: ModeObject;
    portLevelMtls?: Record<string, ModeObject>;
  };
};

interface TrafficPolicyObject {
  tls?: { mode?: string };
  portLevelSettings?: { port?: { number?: number }; tls?: { mode?: string } }[];
}

/** What is read of Istio's DestinationRule. */
export type DestinationRuleObject = KubernetesObject & {
  spec?: {
    host?: string;
    exportTo?: string[];
    workloadSelector?: unknown;
    trafficPolicy?: TrafficPolicyObject;
  };
};

/** What a PeerAuthentication says. */
export function viewPeerAuthentication({ metadata, spec }: PeerAuthenticationObject): PeerAuthentication {
  return {
    ...created(metadata),
    selector: spec?.selector?.matchLabels ?? {},
    ...modeIn(spec?.mtls),
    ports: Object.fromEntries(
      Object.entries(spec?.portLevelMtls ?? {}).map(([port, mtls]) => [port, modeIn(mtls)]),
    ),
  };
}

function modeIn({ mode = "UNSET" }: ModeObject = {}): { mode?: MutualTlsMode } {
  return mode === "UNSET" ? {} : { mode };
}

/** What a DestinationRule says of TLS; nothing where it is for the proxies of certain workloads only, which the gateway's are not. */
export function viewDestinationRule({ metadata, spec }: DestinationRuleObject): GatewayTls[] {
  if (spec?.host === undefined || spec.workloadSelector !== undefined) return [];
  const { host, exportTo = [], trafficPolicy } = spec;
  return [
    {
      ...created(metadata),
      host,
      exportTo,
      ...(trafficPolicy === undefined ? {} : { policy: viewPolicy(trafficPolicy) }),
    },
  ];
}

function viewPolicy({ tls, portLevelSettings = [] }: TrafficPolicyObject): GatewayTls["policy"] & object {
  const ports = portLevelSettings.flatMap(({ port, tls: own }) =>
    port?.number === undefined || own === undefined ? [] : [[port.number, modeOf(own)] as const],
  );
  return { ...(tls === undefined ? {} : { mode: modeOf(tls) }), ports: Object.fromEntries(ports) };
}

/** Istio's default where there are settings without a mode. */
function modeOf({ mode = "DISABLE" }: { mode?: string }): string {
  return mode;
}

function created({ namespace = "", name, creationTimestamp = "" }: KubernetesObject["metadata"]): Created {
  return { namespace, name, created: creationTimestamp };
}
