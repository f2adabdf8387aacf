import type { Workload } from "./clusterServices.ts";
import { TLS_MODE_LABEL } from "../labels.ts";
import { compareCreated } from "./created.ts";
import type { MutualTlsMode, PeerAuthentication } from "./peerAuthentication.ts";
import { matches } from "../selector.ts";
import { ISTIO_NAMESPACE } from "../wellKnown.ts";

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
