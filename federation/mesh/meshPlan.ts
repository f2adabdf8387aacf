import type { SingleMesh } from "../config/singleMesh.ts";
import type { AuthorityPlan } from "../authority/authority.ts";
import { type Fault, describeFault, isSkipped, pathOf } from "../core/fault.ts";
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

/** Connection to the peers of a single mesh, whose API servers istiod reads. */
export interface MeshConnection {
  kind: "mesh";
  settings: ResolvedMesh;
  /** By the peer's name, sorted. */
  peers: Readonly<Record<string, MeshPeerState>>;
}

/**
 * Plans the peers of a single mesh, and the API server that they read.
 * @param authority undefined when it could not be planned.
 * @returns undefined when there are faults.
 */
export function planMesh(
  context: PlanContext,
  authority: AuthorityPlan | undefined,
): { connection: MeshConnection | undefined; peers: Readonly<Record<string, MeshPeerState>> } {
  const { config, snapshot, lastRun, findings, skipped } = context;
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
    ...removedPeerWarnings(
      config,
      Object.keys(credentials).filter((peer) => !isSkipped(skipped, "peers", peer)),
    ),
    ...replacedCredentialWarnings(credentials, config.peers, singleMesh.longLivedTokens),
  );
  findings.note(...renewalNotes(credentials, snapshot.now));
  const apiServer = planApiServer(context, singleMesh);
  return {
    connection: apiServer && { kind: "mesh", settings: { ...singleMesh, apiServer }, peers },
    peers,
  };
}

/** Resolves and validates this cluster's API server. No answer to this machine is no fault: peers may reach it. */
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
    const rule = `has a certificate that singleMesh.apiServer.certificateAuthority (without it: the kubeconfig's) does not vouch for, so that peers would refuse it: ${failure.cause}`;
    const remedy = "Correct either in this stack's config";
    findings.fault({ path: "singleMesh.apiServer", value: apiServer.server, rule, remedy });
  }
  return apiServer;
}

/**
 * Applies the result of a request to a peer's API server. No failure is a fault: two clusters whose credentials for each other have ended
 * must both be able to renew them. A peer whose API server does not answer this machine joins, as istiod may reach it; one that refuses the
 * credential is pending, and istiod keeps the last access.
 */
function afterProbe(
  peer: string,
  view: MeshPeerState,
  failure: AccessFailure | undefined,
  { config, snapshot: { now }, lastRun, findings }: PlanContext,
): MeshPeerState {
  if (view.state !== "ready" || failure === undefined) return view;
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

/** Formats a failure that may pass, or concern this machine only, such as a pipeline without a route to the peer. */
function silence({ cause, unreachable }: AccessFailure, stack: string): Pick<Fault, "rule" | "remedy"> {
  const what = unreachable ? "does not answer here" : "is too busy to answer";
  const remedy = `Check \`istioctl remote-clusters\`; unless it is synced, open the network path from istiod, or have its team correct singleMesh.apiServer of stack ${stack} and run \`pulumi up\` there, then here`;
  return { rule: `${what}, so only istiod can find out whether it may read it: ${cause}`, remedy };
}

function explain(
  { status, cause, unreachable }: AccessFailure,
  access: PeerAccess,
  stack: string,
  now: Date,
): Refusal {
  const again = (command: string) => `have its team run \`${command}\` on stack ${stack}, then run it here`;
  if (status === 401 && hasExpired(access, now))
    return { rule: `refuses our credential, which expired on ${access.expires}`, remedy: again("pulumi up") };
  if (status === 401) {
    const rule =
      "refuses the credential that the peer granted: its ServiceAccount was deleted, or another cluster answers";
    return { rule, remedy: again("pulumi up --refresh") };
  }
  if (unreachable) {
    const remedy = `have its team correct singleMesh.apiServer of stack ${stack} (server, certificateAuthority) and run \`pulumi up\` there, then run it here`;
    return { rule: `is not the API server that the peer published: ${cause}`, remedy };
  }
  return {
    rule: `does not permit the reads that istiod needs: ${cause}`,
    remedy: again("pulumi up --refresh"),
  };
}
