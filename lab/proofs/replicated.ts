import type { LabCluster } from "../clusters.ts";
import { allowedCall } from "./allowedCall.ts";
import { equalBelieved } from "./equalBelieved.ts";
import { plaintextRefused } from "./plaintext.ts";
import { type Proof, globalHostOf, hostOf } from "./proof.ts";
import { type Side, sideOf } from "./side.ts";
import { unchanged } from "./unchanged.ts";
import { unofferedRefused } from "./unoffered.ts";

/**
 * Every claim about replicated control planes: two clusters with one domain, each with the same services, which tell each other apart by name.
 * @param stacks to be found up to date.
 */
export function replicatedProofs(clusters: readonly LabCluster[], stacks: readonly string[]): Proof[] {
  const [one, two] = clusters.map(sideOf) as [Side, Side];
  return [...callsBetween(one, two), ...callsBetween(two, one), ...stacks.map((stack) => unchanged(stack))];
}

function callsBetween(here: Side, there: Side): Proof[] {
  return [
    allowedCall(
      here.sleep,
      there.httpbin,
      "a peer's service is called by its global name, and sees its caller's identity",
      globalHostOf(there.httpbin),
    ),
    allowedCall(
      here.sleep,
      here.httpbin,
      "a call of a service by its local name stays in the cluster",
      hostOf(here.httpbin),
    ),
    unofferedRefused(here.sleep, there.internal, globalHostOf(there.internal), there.httpbin, there.gateway),
    plaintextRefused(here.sleep, there.httpbin, there.gateway, "the gateway"),
    equalBelieved(here.sleep, there.httpbin, there.gateway),
  ];
}
