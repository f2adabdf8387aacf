import type { CallingMesh, GuardedService } from "./callerPolicy.ts";
import { ownValue, sortedUnique } from "../order.ts";
import type { DomainCallers } from "./policyRules.ts";

/** By trust domain: several peers may have one, and where it is ours too, their callers are local ones to every policy. */
export function peerCallers({ peers: offered, rule }: GuardedService, mesh: CallingMesh): DomainCallers[] {
  const named = Object.entries(mesh.peers).flatMap(([peer, trustDomain]) =>
    trustDomain === undefined || trustDomain === mesh.trustDomain ? [] : [{ peer, trustDomain }],
  );
  return sortedUnique(named.map(({ trustDomain }) => trustDomain)).map((trustDomain) => {
    const here = named.filter(({ peer, trustDomain: its }) => its === trustDomain && offered.includes(peer));
    const entries = (rule.callers ?? [{}]).map((entry) =>
      here.some(({ peer }) => entry.peer === undefined || entry.peer === peer) ? entry : undefined,
    );
    return { domain: { trustDomain, isOwn: false }, entries };
  });
}

/**
 * Of these, callers of those trust domains whose peers the Service is offered to. None has ours where a gateway opens calls: in a federation
 * every cluster has its own.
 */
export function offeredCallers(service: GuardedService, mesh: CallingMesh): DomainCallers[] {
  const offered = new Set(service.peers.map((peer) => ownValue(mesh.peers, peer)));
  return peerCallers(service, mesh).filter(({ domain }) => offered.has(domain.trustDomain));
}
