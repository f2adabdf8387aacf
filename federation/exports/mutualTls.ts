import { TLS_MODE_LABEL, matches } from "../core/labels.ts";
import { ISTIO_NAMESPACE, GATEWAY_NAMESPACE } from "../core/wellKnown.ts";
import {
  type Workload,
  compareCreated,
  type MutualTlsMode,
  type PeerAuthentication,
  type Created,
} from "./clusterServices.ts";

/** A mode, and `namespace/name` of the PeerAuthentication that says so; none for what this program sets in the mesh. */
export interface ModeOfPort {
  mode: MutualTlsMode;
  by?: string;
}

/**
 * Whether Istio takes a workload for one that speaks mutual TLS: only such ones does the east-west gateway send anything to. Its
 * injector labels Pods so; a WorkloadEntry with a service account counts too (`getTLSModeFromWorkloadEntry`).
 */
export function speaksMutualTls({ kind, labels, serviceAccount }: Workload): boolean {
  const mode = Object.hasOwn(labels, TLS_MODE_LABEL) ? labels[TLS_MODE_LABEL] : undefined;
  return mode === undefined ? kind === "WorkloadEntry" && serviceAccount !== "" : mode === "istio";
}

/**
 * The mode of each workload's ports, as Istio finds it (`ComposePeerAuthentication` in pilot/pkg/security/authn): the oldest policy that
 * selects the workload, else the oldest of its namespace, else the oldest of the mesh; what one leaves unset the next one says.
 * @returns the mode by workload and port number; without the number that of its other ports.
 */
export function mutualTlsModes(
  policies: readonly PeerAuthentication[],
): (workload: Workload, port: number | undefined) => ModeOfPort {
  const byNamespace = Map.groupBy([...policies].sort(compareCreated), ({ namespace }) => namespace);
  const ofMesh = byNamespace.get(ISTIO_NAMESPACE)?.find(isGeneral);
  // Istio's default, where the mesh's own policy says nothing.
  const mesh =
    ofMesh === undefined ? IN_MESH : inherit(IN_MESH, { ...ofMesh, mode: ofMesh.mode ?? "PERMISSIVE" });
  const known = new Map<Workload, ModesOfWorkload>();
  const modesOf = (workload: Workload): ModesOfWorkload => {
    // In Istio's own namespace all policies are the mesh's, and those with a selector are not heeded.
    const near = workload.namespace === ISTIO_NAMESPACE ? [] : (byNamespace.get(workload.namespace) ?? []);
    const own = near.find(({ selector }) => matches(selector, workload.labels));
    return {
      general: inherit(inherit(mesh, near.find(isGeneral)), own),
      ...(own === undefined ? {} : { own }),
    };
  };
  return (workload, port) => {
    const found = known.get(workload) ?? modesOf(workload);
    known.set(workload, found);
    const { general, own } = found;
    const special = port === undefined ? undefined : own?.ports[port];
    return own === undefined || special === undefined ? general : inherit(general, { ...own, ...special });
  };
}

interface ModesOfWorkload {
  general: ModeOfPort;
  own?: PeerAuthentication;
}

/** Set by this program, which an update does once more if it is gone. */
const IN_MESH: ModeOfPort = { mode: "STRICT" };

function inherit(parent: ModeOfPort, policy: PeerAuthentication | undefined): ModeOfPort {
  if (policy?.mode === undefined) return parent;
  return { mode: policy.mode, by: `${policy.namespace}/${policy.name}` };
}

function isGeneral({ selector }: PeerAuthentication): boolean {
  return Object.keys(selector).length === 0;
}
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
