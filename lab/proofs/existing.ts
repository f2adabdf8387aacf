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
  return [
    ...clusters.flatMap((here) =>
      clusters.filter((there) => there !== here).flatMap((there) => callsBetweenEquals(here, there)),
    ),
    ...clusters.flatMap(callsWithin),
    ...clusters
      .filter(({ owner }) => owner !== undefined)
      .flatMap((here) => {
        const peers = clusters.filter((cluster) => cluster !== here);
        return [
          ...peers.flatMap((peer) => forgeriesBetweenPeers(here, peer, peers)),
          ...federationRootForgeries(here, peers),
        ];
      }),
    ...clusters.map(({ name }) => unchanged(name)),
  ];
}

/** A peer forges third peers as callers, and those and the called cluster as servers; `callsBetweenEquals` has that cluster as a caller. */
function forgeriesBetweenPeers(here: LabCluster, peer: LabCluster, peers: readonly LabCluster[]): Proof[] {
  const forger = forgerOf(partyNamed(peer, "sleep"));
  const called = partyNamed(here, "httpbin");
  const others = peers.filter((other) => other !== peer);
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
