import { type Fault, describeFault, pathOf } from "../federation/core/fault.ts";
import { hasEnded, type PeerAccess } from "../federation/mesh/credential.ts";
import {
  type LastMesh,
  type MeshPeer,
  warnOfPeer,
  type Refusal,
  refusedPeer,
} from "../federation/mesh/meshPeer.ts";
import { PROBE_DEADLINE, probeAccess } from "../kubernetes/accessProbe.ts";
import { ClusterError, type ClusterFailure } from "../kubernetes/errors.ts";

/**
 * Tries the credentials that peers give us, each with one request. None of it is a fault: two clusters whose credentials for each other
 * have ended must both be able to renew them. An API server that does not answer *here* may well answer istiod, so that peer joins
 * nevertheless; one that refuses us leaves its peer pending, with what istiod had of it before.
 * @param stacks of the peers, by name.
 * @returns the peers as they are then, and a warning for each that did not let us in, which says which side must act.
 */
export async function tryAccesses(
  peers: Readonly<Record<string, MeshPeer>>,
  stacks: Readonly<Record<string, { stack: string }>>,
  last: Pick<LastMesh, "joined" | "statuses">,
  now: Date,
): Promise<{ peers: Record<string, MeshPeer>; warnings: string[] }> {
  const tried = await Promise.all(
    Object.entries(peers).map(async ([peer, view]) => {
      const stack = stacks[peer]?.stack ?? peer;
      const failure = view.state === "ready" ? await tryAccess(peer, view.access) : undefined;
      if (view.state === "pending" || failure === undefined) return { peer, view, warnings: [] };
      const path = pathOf("peers", peer, "access");
      if (failure.retryable === true) {
        const silent: Fault = { path, value: view.access.server, ...describeSilence(failure, stack) };
        return { peer, view, warnings: [describeFault(silent)] };
      }
      const refused = refusedPeer(peer, view, judge(failure, view.access, stack, now), last, now);
      return { peer, view: refused, warnings: warnOfPeer(peer, refused, stack, now) };
    }),
  );
  return {
    peers: Object.fromEntries(tried.map(({ peer, view }) => [peer, view])),
    warnings: tried.flatMap(({ warnings }) => warnings),
  };
}

async function tryAccess(peer: string, access: PeerAccess): Promise<ClusterFailure | undefined> {
  try {
    await probeAccess(`peer ${peer}`, access, PROBE_DEADLINE);
    return undefined;
  } catch (error) {
    if (error instanceof ClusterError) return error.failure;
    throw error;
  }
}

/** It may pass, or be so only here: in a pipeline that has no way to where istiod has one. */
function describeSilence({ cause, unreachable }: ClusterFailure, stack: string): Refusal {
  const what = unreachable === true ? "does not answer here" : "is too busy to answer";
  return {
    rule: `${what}, so that only istiod can tell whether it may read it: ${cause}`,
    remedy: `See what \`istioctl remote-clusters\` says; unless it is synced, open the way from istiod, or have its team correct singleMesh.apiServer of stack ${stack} and run \`pulumi up\` there, then here`,
  };
}

function judge(
  { status, cause, unreachable }: ClusterFailure,
  access: PeerAccess,
  stack: string,
  now: Date,
): Refusal {
  const again = (command: string) => `have its team run \`${command}\` on stack ${stack}, then run it here`;
  if (status === 401) {
    return hasEnded(access, now)
      ? { rule: `refuses our credential, which ended on ${access.expires}`, remedy: again("pulumi up") }
      : {
          rule: "refuses the credential that the peer gave us: its ServiceAccount is gone, or another cluster answers",
          remedy: again("pulumi up --refresh"),
        };
  }
  if (unreachable === true) {
    return {
      rule: `is not the API server that the peer says: ${cause}`,
      remedy: `have its team correct singleMesh.apiServer of stack ${stack} (server, certificateAuthority) and run \`pulumi up\` there, then run it here`,
    };
  }
  return {
    rule: `does not let us read what istiod needs: ${cause}`,
    remedy: again("pulumi up --refresh"),
  };
}
