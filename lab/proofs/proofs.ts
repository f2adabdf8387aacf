import { CLUSTERS, type LabCluster } from "../clusters.ts";
import { SERVICE_PORT } from "../workloads/workload.ts";
import { allowedCall } from "./allowedCall.ts";
import { forgeryRefused } from "./forgery.ts";
import { GATEWAY_PORT } from "./gateway.ts";
import { plaintextRefused } from "./plaintext.ts";
import { identityOf, type Party, partyIn, type Proof } from "./proof.ts";
import { unchanged } from "./unchanged.ts";
import { unexportedRefused } from "./unexported.ts";

/**
 * Every claim about a federation that the demo and the tests check, in the order in which they are checked: each cluster calls each other.
 * @param clusters Default: the two.
 */
export function allProofs(clusters: readonly LabCluster[] = CLUSTERS): Proof[] {
  const sides = clusters.map((cluster): Side => ({
    exported: partyIn(cluster, true),
    internal: partyIn(cluster, false),
    gateway: `${cluster.network}.0.3`,
  }));
  const callsBetween = (from: Side, to: Side): Proof[] => [
    allowedCall(
      from.exported,
      to.exported,
      "an exported service can be called, and sees its caller's identity",
    ),
    unexportedRefused(from.exported, to.internal, to.exported, to.gateway),
    plaintextRefused(from.exported, to.exported, `${to.exported.address}:${SERVICE_PORT}`, "the sidecar"),
    plaintextRefused(from.exported, to.exported, `${to.gateway}:${GATEWAY_PORT}`, "the gateway"),
    ...forgeriesRefused(from.exported, to),
  ];
  // The refusals mean little unless the refused service works for its own cluster.
  const atHome = sides.map((side) =>
    allowedCall(
      side.exported,
      side.internal,
      "a service that is not exported can be called in its own cluster",
    ),
  );
  return [
    ...sides.flatMap((from) => sides.filter((to) => to !== from).flatMap((to) => callsBetween(from, to))),
    ...atHome,
    ...clusters.map(({ name }) => unchanged(name)),
  ];
}

/** The peer's authority speaks for an identity of the very cluster that is called, at both of its doors. */
function forgeriesRefused(forger: Party, to: Side): Proof[] {
  const claimed = identityOf(to.exported);
  const doors = [
    [`${to.exported.address}:${SERVICE_PORT}`, "the sidecar"],
    [`${to.gateway}:${GATEWAY_PORT}`, "the gateway"],
  ] as const;
  return doors.map(([door, name]) => forgeryRefused(forger, to.exported, claimed, door, name));
}

interface Side {
  readonly exported: Party;
  readonly internal: Party;
  /** Address of the east-west gateway. */
  readonly gateway: string;
}
