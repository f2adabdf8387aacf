import type { StackConfig } from "../config.ts";
import { hasEnded, isLate } from "./credentialLife.ts";
import type { MeshPeer } from "./meshPeer.ts";

/** Says why a peer is pending, or that our credential for it is late. @param stack of the peer. */
export function warnOfPeer(peer: string, view: MeshPeer, stack: string, now: Date): string[] {
  if (view.state === "pending") {
    const kept = view.access === undefined ? "" : ". What istiod knew of it before stays";
    return [`Peer ${peer} is pending: ${view.reason}${kept}`];
  }
  const { access } = view;
  if (!isLate(access, now)) return [];
  const remedy = `have its team run \`pulumi up\` on stack ${stack}, then run it here`;
  return hasEnded(access, now)
    ? [
        `This cluster's credential for peer ${peer} ended on ${access.expires}: istiod sees nothing new of it; ${remedy}`,
      ]
    : [`This cluster's credential for peer ${peer} ends on ${access.expires} and was not renewed; ${remedy}`];
}

/** Says what the peers get by what istiod needs: nobody may learn it too late. */
export function warnOfReaders({ cluster, peers }: Pick<StackConfig, "cluster" | "peers">): string[] {
  const readers = Object.keys(peers);
  if (readers.length === 0) return [];
  return [
    `The istiods of ${readers.join(", ")} may read all Services, Pods and Secrets of ${cluster.name}, the key of its certificate ` +
      "authority and its credentials for other clusters among them: this version of istiod does not work without " +
      "(singleMesh.allowPeersToReadSecrets, docs/single-mesh.md)",
  ];
}

/**
 * Says what a peer keeps that an update takes its access from.
 * @param readers the peers that had a credential for this cluster.
 */
export function warnOfRemoved(
  { cluster, peers }: Pick<StackConfig, "cluster" | "peers">,
  readers: readonly string[],
): string[] {
  return readers
    .filter((peer) => !Object.hasOwn(peers, peer))
    .map(
      (peer) =>
        `Peer ${peer} loses its access with this update, and keeps what it has read of ${cluster.name}'s Secrets. If it is to be distrusted, ` +
        "have the clusters that this one reads renew its credentials, rotate the root with its intermediate, and replace what else was there (docs/single-mesh.md)",
    );
}

/** Says how far the gateway is open. */
export function noteGateway({ cluster }: Pick<StackConfig, "cluster">): string[] {
  return [
    `The gateway is open for every Service of ${cluster.name} (*.svc.${cluster.domain}), as any of them may have endpoints that other ` +
      "clusters' workloads are sent to; in a federation it is open for exported Services only. AuthorizationPolicies say who may call what",
  ];
}
