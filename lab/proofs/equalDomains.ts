import type { LabCluster } from "../clusters.ts";
import { allowedCall } from "./allowedCall.ts";
import { forgeryRefused } from "./forgery.ts";
import { plaintextRefused } from "./plaintext.ts";
import { type Proof, hostOf, identityOf, meshHostOf } from "./proof.ts";
import { type Side, sideOf } from "./side.ts";
import { unchanged } from "./unchanged.ts";
import { unofferedRefused } from "./unoffered.ts";

/**
 * Every claim about a federation of clusters that have one domain: each has the same services, under one name at home and another one at the
 * peer, and no authority speaks for the other's workloads.
 * @param clusters the first two are checked.
 * @param stacks to be found up to date.
 */
export function equalDomainsProofs(clusters: readonly LabCluster[], stacks: readonly string[]): Proof[] {
  const [one, two] = clusters.map(sideOf) as [Side, Side];
  return [...callsBetween(one, two), ...callsBetween(two, one), ...stacks.map((stack) => unchanged(stack))];
}

function callsBetween(here: Side, there: Side): Proof[] {
  const doors = [
    [`${there.httpbin.address}:${there.httpbin.port}`, "the sidecar"],
    [there.gateway, "the gateway"],
  ] as const;
  return [
    allowedCall(
      here.sleep,
      there.httpbin,
      "a peer's service is called by its name in the peer's mesh domain, and sees its caller's identity",
      meshHostOf(there.httpbin),
    ),
    allowedCall(
      here.sleep,
      here.httpbin,
      "a call of a service by its local name stays in the cluster",
      hostOf(here.httpbin),
    ),
    unofferedRefused(here.sleep, there.internal, meshHostOf(there.internal), there.httpbin, there.gateway),
    // The refusals mean little unless the refused service works for its own cluster.
    allowedCall(
      there.sleep,
      there.internal,
      "a service that is not exported can be called in its own cluster",
      hostOf(there.internal),
    ),
    plaintextRefused(here.sleep, there.httpbin, there.gateway, "the gateway"),
    ...doors.map(([door, name]) =>
      forgeryRefused(here.sleep, there.httpbin, identityOf(there.sleep), door, name),
    ),
  ];
}
