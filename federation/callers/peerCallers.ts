import type { PolicyDomain } from "./callerGroup.ts";
import type { CallingMesh, GuardedService } from "./guardedService.ts";
import { sortedUnique } from "../order.ts";
import type { DomainCallers } from "./policyRules.ts";

/** The trust domains of peers by which policies tell callers apart, in order: where a peer has ours, its callers are local ones to every policy. */
export function knownDomains({ trustDomain: own, peers }: CallingMesh): PolicyDomain[] {
  const known = Object.values(peers).filter((trustDomain) => trustDomain !== undefined);
  return sortedUnique(known.filter((trustDomain) => trustDomain !== own)).map((trustDomain) => ({
    trustDomain,
    isOwn: false,
  }));
}

/** By trust domain, as several peers may have one. */
export function peerCallers({ peers: offered, rule }: GuardedService, mesh: CallingMesh): DomainCallers[] {
  const named = Object.entries(mesh.peers);
  return knownDomains(mesh).map((domain) => {
    const here = named.filter(
      ([peer, trustDomain]) => trustDomain === domain.trustDomain && offered.includes(peer),
    );
    const entries = (rule.callers ?? [{}]).map((entry) =>
      here.some(([peer]) => entry.peer === undefined || entry.peer === peer) ? entry : undefined,
    );
    return { domain, entries };
  });
}
