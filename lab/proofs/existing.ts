import type { LabCluster } from "../clusters.ts";
import type { Proof } from "./proof.ts";
import { callsBetweenEquals, callsWithin, unchanged } from "./proofs.ts";

/** All claims about a federation of clusters whose Istio is there already and others: each calls each other. */
export function existingProofs(clusters: readonly LabCluster[]): Proof[] {
  return [
    ...clusters.flatMap((here) =>
      clusters.filter((there) => there !== here).flatMap((there) => callsBetweenEquals(here, there)),
    ),
    ...clusters.flatMap(callsWithin),
    ...clusters.map(({ name }) => unchanged(name)),
  ];
}
