import { TLS_MODE_LABEL, matches } from "../core/labels.ts";
import type { TrafficPolicy } from "../traffic/specs.ts";
import {
  type Workload,
  compareCreated,
  type MutualTlsMode,
  type PeerAuthentication,
} from "./clusterServices.ts";
import { type DestinationRuleFinder, decidingRule } from "./destinationRules.ts";

/** Mutual TLS mode of a workload's port. */
export interface PortMode {
  mode: MutualTlsMode;
  /** `namespace/name` of the PeerAuthentication that sets it; undefined for this program's own. */
  by: string | undefined;
}

/** Spec of the mesh-wide PeerAuthentication of this program. */
export const STRICT_MUTUAL_TLS = { mtls: { mode: "STRICT" } };

/**
 * Whether Istio expects a workload to speak mutual TLS: the east-west gateway sends calls to no other workload. The injector labels such
 * Pods; a WorkloadEntry with a service account counts too (`getTLSModeFromWorkloadEntry`).
 */
export function speaksMutualTls({ kind, labels, serviceAccount }: Workload): boolean {
  const mode = Object.hasOwn(labels, TLS_MODE_LABEL) ? labels[TLS_MODE_LABEL] : undefined;
  return mode === undefined ? kind === "WorkloadEntry" && serviceAccount !== "" : mode === "istio";
}

/**
 * Finds the mode of a workload's port as Istio does (`ComposePeerAuthentication` in pilot/pkg/security/authn): the oldest policy that
 * selects the workload, else the oldest of its namespace, else the oldest of the mesh; an unset mode is inherited from the next one.
 * @param usual mode where no policy sets one: this program's, or Istio's default in a mesh of somebody else.
 * @returns the mode by workload and port number; without a number that of the workload's other ports.
 */
export function mutualTlsModes(
  policies: readonly PeerAuthentication[],
  usual: PortMode,
  rootNamespace: string,
): (workload: Workload, port: number | undefined) => PortMode {
  const byNamespace = Map.groupBy([...policies].sort(compareCreated), ({ namespace }) => namespace);
  const ofMesh = byNamespace.get(rootNamespace)?.find(isGeneral);
  // Istio's default, where the mesh's own policy leaves it unset.
  const mesh =
    ofMesh === undefined ? usual : inherit(usual, { ...ofMesh, mode: ofMesh.mode ?? "PERMISSIVE" });
  const known = new Map<Workload, ModesOfWorkload>();
  const modesOf = (workload: Workload): ModesOfWorkload => {
    // In Istio's own namespace all policies are the mesh's, and those with a selector have no effect.
    const near = workload.namespace === rootNamespace ? [] : (byNamespace.get(workload.namespace) ?? []);
    const own = near.find(({ selector }) => matches(selector, workload.labels));
    return { general: inherit(inherit(mesh, near.find(isGeneral)), own), own };
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
  general: PortMode;
  own: PeerAuthentication | undefined;
}

/** Mode where no PeerAuthentication sets one in a mesh that this program installs. */
export const OWN_DEFAULT: PortMode = { mode: "STRICT", by: undefined };

/** Returns Istio's mode where nobody sets one. */
export function istioDefault(rootNamespace: string): PortMode {
  return { mode: "PERMISSIVE", by: `${rootNamespace} (none is there: Istio's default)` };
}

function inherit(parent: PortMode, policy: PeerAuthentication | undefined): PortMode {
  if (policy?.mode === undefined) return parent;
  return { mode: policy.mode, by: `${policy.namespace}/${policy.name}` };
}

function isGeneral({ selector }: PeerAuthentication): boolean {
  return Object.keys(selector).length === 0;
}

/** TLS mode of the gateway's calls. */
export interface GatewayTlsMode {
  mode: string;
  /** `namespace/name` of the DestinationRule that sets it. */
  by: string;
}

/** Istio's name for its own mutual TLS. */
export const ISTIO_MUTUAL = "ISTIO_MUTUAL";

/** Finds the TLS mode that DestinationRules set for the gateway's calls to a Service's port; undefined where none does. */
export type GatewayTlsFinder = (
  service: { namespace: string; host: string },
  port: number,
) => GatewayTlsMode | undefined;

/** Mutual TLS settings of a cluster. */
export interface ClusterTls {
  /** Mode of a workload's port; see {@link mutualTlsModes}. */
  modeOf: (workload: Workload, port: number | undefined) => PortMode;
  /** Mode of the gateway's calls by DestinationRules; see {@link gatewayTlsModes}. */
  gatewayTls: GatewayTlsFinder;
}

/**
 * Finds the TLS modes of the east-west gateway by DestinationRules: with another one than Istio's mutual TLS it has no endpoint
 * (`checkMtlsEnabled` in pilot/pkg/xds/endpoints).
 * @param gateway namespace of the gateway.
 */
export function gatewayTlsModes(find: DestinationRuleFinder, gateway: string): GatewayTlsFinder {
  return (service, port) => {
    // The last one of several rules without a selector applies (`SidecarScope.DestinationRule`).
    const rule = decidingRule(find(gateway, service).general.at(-1) ?? []);
    const mode = rule && tlsModeOf(rule.spec.trafficPolicy, port);
    return rule === undefined || mode === undefined
      ? undefined
      : { mode, by: `${rule.namespace}/${rule.name}` };
  };
}

/** Returns the TLS mode of calls to a port, as Istio decides by it which endpoints it calls; undefined where a policy sets none. */
export function tlsModeOf(policy: TrafficPolicy | undefined, port: number): string | undefined {
  const special = policy?.portLevelSettings?.find(
    (each) => each.port?.number === port && each.tls !== undefined,
  );
  const tls = special?.tls ?? policy?.tls;
  return tls && (tls.mode ?? "DISABLE");
}
