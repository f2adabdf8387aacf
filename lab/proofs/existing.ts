import type { LabCluster } from "../clusters.ts";
import { federationRootsOf } from "./federationRoot.ts";
import { forgedServerRefused } from "./forgedServer.ts";
import { forgeryRefused, forgerOf } from "./forgery.ts";
import { identityOf, partyNamed, type Proof } from "./proof.ts";
import { callsBetweenEquals, callsWithin, listenersOf, unchanged } from "./proofs.ts";

/**
 * All claims about a federation of clusters whose Istio is there already, and others: each calls each other, and in the former nobody is
 * believed to be somebody else.
 */
export function existingProofs(clusters: readonly LabCluster[]): Proof[] {
  const owned = clusters.filter(({ owner }) => owner !== undefined);
  return [
    ...clusters.flatMap((here) =>
      othersOf(here, clusters).flatMap((there) => callsBetweenEquals(here, there)),
    ),
    ...clusters.flatMap(callsWithin),
    ...owned.flatMap((here) => [
      ...peerForgeries(here, clusters),
      ...federationRootForgeries(here, othersOf(here, clusters)),
    ]),
    // Other proofs show that for the program's own Istio.
    ...owned.map(({ name }) => unchanged(name)),
  ];
}

/** The claims about clusters that were moved to another revision, which are all but the first one: calls between them and that one, forgeries. */
export function movedProofs(clusters: readonly LabCluster[]): Proof[] {
  const [peer, ...moved] = clusters as [LabCluster, ...LabCluster[]];
  return moved.flatMap((here) => [
    ...callsBetweenEquals(here, peer),
    ...callsBetweenEquals(peer, here),
    ...(here.owner === undefined ? [] : peerForgeries(here, clusters)),
  ]);
}

function othersOf(cluster: LabCluster, clusters: readonly LabCluster[]): LabCluster[] {
  return clusters.filter((other) => other !== cluster);
}

/** Each peer forges the other peers as callers, and those and the called cluster as servers; `callsBetweenEquals` has that cluster as a caller. */
function peerForgeries(here: LabCluster, clusters: readonly LabCluster[]): Proof[] {
  const peers = othersOf(here, clusters);
  return peers.flatMap((peer) => forgeriesBy(peer, here, othersOf(peer, peers)));
}

function forgeriesBy(peer: LabCluster, here: LabCluster, others: readonly LabCluster[]): Proof[] {
  const forger = forgerOf(partyNamed(peer, "sleep"));
  const called = partyNamed(here, "httpbin");
  return [
    ...others.flatMap((other) =>
      listenersOf(called, here).map(([endpoint, listener]) =>
        forgeryRefused(forger, called, identityOf(partyNamed(other, "sleep")), endpoint, listener),
      ),
    ),
    ...[...others, here].map((cluster) => {
      const claimed = partyNamed(cluster, "httpbin");
      return forgedServerRefused(here, forger, claimed, forgerOf(claimed));
    }),
  ];
}

/** The key of a cluster's federation root forges no workload of the cluster, neither as a caller nor as a server. */
function federationRootForgeries(here: LabCluster, [peer]: readonly LabCluster[]): Proof[] {
  if (peer === undefined) return [];
  const own = partyNamed(here, "httpbin");
  const claimed = identityOf(partyNamed(here, "sleep"));
  return federationRootsOf(here, partyNamed(peer, "sleep")).flatMap((forger) => [
    forgeryRefused(forger, own, claimed, `${own.address}:${own.port}`, "the sidecar"),
    forgedServerRefused(here, forger, own, forgerOf(own)),
  ]);
}
