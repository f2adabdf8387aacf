import { type Created, compareCreated } from "./created.ts";
import { GATEWAY_NAMESPACE, ISTIO_NAMESPACE } from "../wellKnown.ts";

/** What one of Istio's DestinationRules (without a `workloadSelector`) says of the TLS that callers are to use. */
export interface GatewayTls extends Created {
  /** As written: a short name, a full one, or `*` and the end of one. */
  host: string;
  /** Namespaces whose proxies heed it: `*` for all, `.` for its own; empty for all. */
  exportTo: string[];
  /** Left out where it has no traffic policy, and another rule of the same host may have one. */
  policy?: { mode?: string; ports: Record<number, string> };
}

/** A mode other than mutual TLS, and `namespace/name` of the DestinationRule that asks for it. */
export interface OtherTls {
  mode: string;
  by: string;
}

/** Istio's name for its own mutual TLS. */
const MUTUAL = "ISTIO_MUTUAL";

/**
 * Where the east-west gateway is told to use other than Istio's mutual TLS: it then has no endpoint to send to (`checkMtlsEnabled` in
 * pilot/pkg/xds/endpoints). It heeds the rules of its own namespace, then those of the service's, then those of Istio's, of each the
 * one with the longest host that fits; of the latter two only then what is for it, so that a rule for others hides one with a shorter host
 * (`getExportedDestinationRuleFromNamespace` in pilot/pkg/model/push_context.go). What a namespace keeps to itself is not among these.
 * @param domain the cluster domain.
 * @returns what a Service's port is told other than that; undefined where nothing is in the way.
 */
export function otherTls(
  rules: readonly GatewayTls[],
  domain: string,
): (service: { namespace: string; host: string }, port: number) => OtherTls | undefined {
  const byNamespace = new Map(
    [...Map.groupBy(rules.filter(isFound).sort(compareCreated), ({ namespace }) => namespace)].map(
      ([namespace, list]) => [
        namespace,
        Map.groupBy(list, ({ host }) =>
          host.includes(".") || host.includes("*") ? host : `${host}.${namespace}.svc.${domain}`,
        ),
      ],
    ),
  );
  return ({ namespace, host }, port) => {
    for (const place of [GATEWAY_NAMESPACE, namespace, ISTIO_NAMESPACE]) {
      const found = mostSpecific(byNamespace.get(place), host).filter(isVisible);
      if (found.length > 0) return told(found, port);
    }
    return undefined;
  };
}

/** Whether Istio finds a rule at all: of the gateway's own namespace what is not for others only, of another what is not for that one only. */
function isFound({ namespace, exportTo }: GatewayTls): boolean {
  const own = [".", namespace];
  if (namespace === GATEWAY_NAMESPACE) {
    return exportTo.length === 0 || exportTo.some((entry) => entry === "*" || own.includes(entry));
  }
  const [only = "", ...others] = new Set(exportTo);
  return others.length > 0 || !own.includes(only);
}

function isVisible({ namespace, exportTo }: GatewayTls): boolean {
  if (namespace === GATEWAY_NAMESPACE || exportTo.length === 0) return true;
  return exportTo.some((entry) => entry === "*" || entry === GATEWAY_NAMESPACE);
}

function mostSpecific(
  byHost: ReadonlyMap<string, readonly GatewayTls[]> | undefined,
  host: string,
): readonly GatewayTls[] {
  if (byHost === undefined) return [];
  // From the full name to its shorter ends: `*.xyz.svc.b`, ..., `*`. Istio takes `*` for any characters; whole labels are what people write.
  const labels = host.split(".");
  const ends = labels.map((_, index) => ["*", ...labels.slice(index + 1)].join("."));
  for (const pattern of [host, ...ends]) {
    const found = byHost.get(pattern);
    if (found !== undefined) return found;
  }
  return [];
}

/** Rules of one host are as one; the oldest that has a traffic policy gives it. */
function told(rules: readonly GatewayTls[], port: number): OtherTls | undefined {
  const rule = rules.find(({ policy }) => policy !== undefined);
  const mode = rule?.policy?.ports[port] ?? rule?.policy?.mode;
  if (rule === undefined || mode === undefined || mode === MUTUAL) return undefined;
  return { mode, by: `${rule.namespace}/${rule.name}` };
}
