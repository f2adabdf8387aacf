import type { SingleMesh } from "../federation/config/singleMesh.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { resolveApiServer } from "../federation/mesh/apiServer.ts";
import { readAccess } from "../federation/mesh/credential.ts";
import type { AccessFailure } from "../federation/mesh/meshPeer.ts";
import type { MeshReadings, Snapshot } from "../federation/snapshot.ts";
import { PROBE_DEADLINE, probeAccess } from "../kubernetes/accessProbe.ts";
import { ClusterError } from "../kubernetes/errors.ts";
import { readKubeconfigAuthority } from "./certificateFiles.ts";

/** Reads whether the API servers of a single mesh answer: this cluster's, and those of peers. */
export async function readMesh(
  config: StackConfig,
  { apiServer }: SingleMesh,
  peers: Promise<Snapshot["peers"]>,
): Promise<MeshReadings> {
  const kubeconfigAuthority = await readKubeconfigAuthority(config.kubeconfig);
  const own = resolveApiServer(
    apiServer,
    "value" in kubeconfigAuthority ? kubeconfigAuthority.value : undefined,
  );
  const [ownAccess, accessFailures] = await Promise.all([
    "rule" in own ? undefined : probe("this cluster", own),
    peers.then((readings) => probePeers(config, readings)),
  ]);
  return { kubeconfigAuthority, ownAccess, accessFailures };
}

/** Requests only API servers at addresses that may be taken from a peer. */
async function probePeers(
  { cluster, allowGatewayAddresses }: StackConfig,
  peers: Snapshot["peers"],
): Promise<Record<string, AccessFailure>> {
  const local = { clusterDomain: cluster.domain, allowGatewayAddresses };
  const failures = await Promise.all(
    Object.entries(peers).map(async ([peer, reading]) => {
      const output = "value" in reading ? reading.value.access : undefined;
      const access = readAccess(output, cluster.name, local);
      if (access === undefined || "faults" in access) return [];
      const failure = await probe(`peer ${peer}`, access);
      return failure === undefined ? [] : [[peer, failure] as const];
    }),
  );
  return Object.fromEntries(failures.flat());
}

async function probe(
  where: string,
  access: Parameters<typeof probeAccess>[1],
): Promise<AccessFailure | undefined> {
  try {
    await probeAccess(where, access, PROBE_DEADLINE);
    return undefined;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const { status, cause, unreachable = false, untrusted = false, retryable = false } = error.failure;
    return { status, cause, unreachable: unreachable || untrusted, passing: retryable };
  }
}
