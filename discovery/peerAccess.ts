import { type Fault, FaultsError, describeFault, pathOf } from "../federation/fault.ts";
import type { MeshPeer } from "../federation/meshPeer.ts";
import type { PeerAccess } from "../federation/peerAccess.ts";
import { probeAccess } from "../providers/cluster/accessProbe.ts";
import { ClusterError, type ClusterFailure } from "../providers/cluster/clusterError.ts";

/** A preview should not wait long for an API server that is not there, in milliseconds. */
const DEADLINE = 4_000;

/**
 * Tries the credentials that peers give us, each with one request.
 * @param stacks of the peers, by name.
 * @param known peers that istiod reads already.
 * @returns a warning for each peer that istiod reads already and that does not answer now: that may pass, and changes nothing.
 * @throws FaultsError with every peer that refuses us, or does not answer though it is new; each says which side must act.
 */
export async function tryAccesses(
  peers: Readonly<Record<string, MeshPeer>>,
  stacks: Readonly<Record<string, { stack: string }>>,
  known: ReadonlySet<string>,
): Promise<string[]> {
  const outcomes = await Promise.all(
    Object.entries(peers).map(async ([peer, view]) => {
      if (view.state === "pending") return [];
      const fault = await tryAccess(peer, view.access, stacks[peer]?.stack ?? peer);
      return fault === undefined ? [] : [{ peer, ...fault }];
    }),
  );
  const found = outcomes.flat();
  const passing = found.filter(({ peer, isSilent }) => isSilent && known.has(peer));
  const faults = found.filter((one) => !passing.includes(one)).map(({ fault }) => fault);
  if (faults.length > 0) throw new FaultsError("What the peers give access to", faults);
  return passing.map(({ fault }) => describeFault(fault));
}

async function tryAccess(
  peer: string,
  access: PeerAccess,
  stack: string,
): Promise<{ fault: Fault; isSilent: boolean } | undefined> {
  try {
    await probeAccess(peer, access, DEADLINE);
    return undefined;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const { failure } = error;
    const isSilent = failure.unreachable === true && failure.passing === true;
    const fault = {
      path: pathOf("peers", peer, "access"),
      value: access.server,
      ...judge(failure, isSilent, stack),
    };
    return { fault, isSilent };
  }
}

function judge(
  { status, cause, unreachable }: ClusterFailure,
  isSilent: boolean,
  stack: string,
): Pick<Fault, "rule" | "remedy"> {
  if (status === 401) {
    const remedy = `Have its team run \`pulumi up --refresh\` on stack ${stack}, then try again`;
    return {
      rule: "refuses the credential that the peer gave us: it has ended, or its ServiceAccount is gone",
      remedy,
    };
  }
  if (isSilent) {
    return {
      rule: `does not answer: ${cause}`,
      remedy: `Open the way to it from here and from our istiod; if it is elsewhere, have its team correct singleMesh.apiServer of stack ${stack} and run \`pulumi up\``,
    };
  }
  if (unreachable === true) {
    return {
      rule: `is not the API server that the peer says: ${cause}`,
      remedy: `Have its team correct singleMesh.apiServer of stack ${stack} (server, certificateAuthority) and run \`pulumi up\``,
    };
  }
  return {
    rule: `does not let us read what istiod needs: ${cause}`,
    remedy: `Have its team run \`pulumi up --refresh\` on stack ${stack}, then try again`,
  };
}
