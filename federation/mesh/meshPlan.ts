import type { SingleMesh } from "../config/singleMesh.ts";
import type { AuthorityPlan } from "../authority/authority.ts";
import { type Fault, describeFault, pathOf } from "../core/fault.ts";
import { sortedRecord } from "../core/order.ts";
import type { PlanContext } from "../plan.ts";
import { required } from "../snapshot.ts";
import { type ApiServer, type ResolvedMesh, resolveApiServer } from "./apiServer.ts";
import {
  type PeerAccess,
  renewalNotes,
  hasExpired,
  shortLifeWarnings,
  replacedCredentialWarnings,
} from "./credential.ts";
import {
  type AccessFailure,
  type MeshPeerState,
  type Refusal,
  refusedPeer,
  meshPeerWarnings,
  removedPeerWarnings,
} from "./meshPeer.ts";
import { planMeshPeers } from "./meshPeers.ts";

/** Peers of a single mesh: istiod reads their API servers. */
export interface MeshConnection {
  kind: "mesh";
  settings: ResolvedMesh;
  /** By the peer's name, sorted. */
  peers: Readonly<Record<string, MeshPeerState>>;
}

/**
 * Decides which peers of a single mesh have joined, and with which API server this cluster joins them.
 * @param authority undefined when it could not be planned.
 * @returns undefined when there are faults.
 */
export function planMesh(
  context: PlanContext,
  authority: AuthorityPlan | undefined,
): { connection: MeshConnection | undefined; peers: Readonly<Record<string, MeshPeerState>> } {
  const { config, snapshot, lastRun, findings } = context;
  const { credentials } = lastRun;
  const { singleMesh } = config;
  if (singleMesh === undefined) return { connection: undefined, peers: {} };
  const peers = sortedRecord(
    Object.entries(planMeshPeers(context, authority)).map(([peer, view]) => [
      peer,
      afterProbe(peer, view, snapshot.mesh?.accessFailures[peer], context),
    ]),
  );
  // An update logs short lifetimes itself, once it has the next credential.
  if (snapshot.isPreview) findings.warn(...shortLifeWarnings(credentials));
  findings.warn(
    ...removedPeerWarnings(config, Object.keys(credentials)),
    ...replacedCredentialWarnings(credentials, config.peers, singleMesh.longLivedTokens),
  );
  findings.note(...renewalNotes(credentials, snapshot.now));
  const apiServer = planApiServer(context, singleMesh);
  return {
    connection: apiServer && { kind: "mesh", settings: { ...singleMesh, apiServer }, peers },
    peers,
  };
}

/** Only this side can mend an address whose certificate no peer would accept; no answer here may still be one for peers. */
function planApiServer(
  { snapshot: { mesh }, findings }: PlanContext,
  singleMesh: SingleMesh,
): ApiServer | undefined {
  const isNeeded = singleMesh.apiServer.certificateAuthority === undefined;
  const reading = isNeeded && mesh !== undefined ? mesh.kubeconfigAuthority : { value: undefined };
  const pem = required(reading, findings);
  if (!("value" in reading)) return undefined;
  const apiServer = resolveApiServer(singleMesh.apiServer, pem);
  if ("rule" in apiServer) {
    findings.fault(apiServer);
    return undefined;
  }
  const failure = mesh?.ownAccess;
  if (failure?.unreachable === true && !failure.passing) {
    findings.fault({
      path: "singleMesh.apiServer",
      value: apiServer.server,
      rule: `has a certificate that singleMesh.apiServer.certificateAuthority (without it: the kubeconfig's) does not vouch for, so that peers would refuse it: ${failure.cause}`,
      remedy: "Correct either in this stack's config",
    });
  }
  return apiServer;
}

/**
 * A peer as it is once its API server was asked with the credential it gave. None of that is a fault: two clusters whose credentials for each other
 * have ended must both be able to renew them. An API server that does not answer *here* may well answer istiod, so that peer joins
 * nevertheless; one that refuses us leaves its peer pending, with what istiod had of it before.
 */
function afterProbe(
  peer: string,
  view: MeshPeerState,
  failure: AccessFailure | undefined,
  { config, snapshot: { now }, lastRun, findings }: PlanContext,
): MeshPeerState {
  if (view.state === "pending" || failure === undefined) return view;
  const stack = config.peers[peer]?.stack ?? peer;
  if (failure.passing) {
    const path = pathOf("peers", peer, "access");
    findings.warn(describeFault({ path, value: view.access.server, ...silence(failure, stack) }));
    return view;
  }
  const refused = refusedPeer(peer, view, explain(failure, view.access, stack, now), lastRun, now);
  findings.warn(...meshPeerWarnings(peer, refused, stack, now));
  return refused;
}

/** It may pass, or be so only here: in a pipeline that has no way to where istiod has one. */
function silence({ cause, unreachable }: AccessFailure, stack: string): Pick<Fault, "rule" | "remedy"> {
  const what = unreachable ? "does not answer here" : "is too busy to answer";
  return {
    rule: `${what}, so that only istiod can tell whether it may read it: ${cause}`,
    remedy: `See what \`istioctl remote-clusters\` says; unless it is synced, open the way from istiod, or have its team correct singleMesh.apiServer of stack ${stack} and run \`pulumi up\` there, then here`,
  };
}

function explain(
  { status, cause, unreachable }: AccessFailure,
  access: PeerAccess,
  stack: string,
  now: Date,
): Refusal {
  const again = (command: string) => `have its team run \`${command}\` on stack ${stack}, then run it here`;
  if (status === 401) {
    return hasExpired(access, now)
      ? { rule: `refuses our credential, which ended on ${access.expires}`, remedy: again("pulumi up") }
      : {
          rule: "refuses the credential that the peer gave us: its ServiceAccount is gone, or another cluster answers",
          remedy: again("pulumi up --refresh"),
        };
  }
  if (unreachable) {
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
