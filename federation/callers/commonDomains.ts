import type { CallingMesh, GuardedService } from "./guardedService.ts";
import { count, someOf } from "../change.ts";
import { type Fault, pathOf } from "../fault.ts";
import { compare } from "../order.ts";

/**
 * Peers that no policy tells apart, from us or from each other, as they have one trust domain, where the exports do.
 * @returns one warning for each such peer, in order.
 */
export function warnOfCommonDomains(services: readonly GuardedService[], mesh: CallingMesh): Fault[] {
  const peers = Object.entries(mesh.peers)
    .flatMap(([name, trustDomain]) => (trustDomain === undefined ? [] : [{ name, trustDomain }]))
    .sort((one, other) => compare(one.name, other.name));
  return peers.flatMap(({ name, trustDomain }, index) => {
    if (trustDomain === mesh.trustDomain) {
      const meant = services.filter(
        ({ peers: offered, rule }) => !offered.includes(name) || rule.callers !== undefined,
      );
      const remedy = "Restrict them by 'localCallers', or give the cluster a trust domain of its own";
      return warning(name, meant, "has our trust domain: its callers are local ones to every policy", remedy);
    }
    const twin = peers.slice(0, index).find((earlier) => earlier.trustDomain === trustDomain);
    if (twin === undefined) return [];
    const meant = services.filter((service) => tellsApart(service, name, twin.name));
    const remedy = "Offer both the same, or give each a trust domain of its own";
    return warning(
      name,
      meant,
      `has the trust domain of peer ${twin.name}: who may call of one may call of both`,
      remedy,
    );
  });
}

function tellsApart({ peers, rule: { callers = [] } }: GuardedService, one: string, other: string): boolean {
  if (peers.includes(one) !== peers.includes(other)) return true;
  return callers.some(({ peer }) => peer === one || peer === other);
}

function warning(peer: string, services: readonly GuardedService[], rule: string, remedy: string): Fault[] {
  if (services.length === 0) return [];
  const where = `at ${count(services.length)} service(s) that say otherwise (${someOf(services.map(({ host }) => host))})`;
  return [{ path: pathOf("peers", peer), rule: `${rule}, ${where}`, remedy }];
}
