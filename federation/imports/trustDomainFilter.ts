import type { StackConfig } from "../config/stackConfig.ts";
import { mapRecord, ownValue, sortedUnique } from "../core/order.ts";
import { anyWorkload } from "../core/spiffe.ts";
import { count, firstNames } from "../core/text.ts";
import type { LastRun } from "../lastRun.ts";
import type { PeerStatus, Registration } from "./registration.ts";

/** Hosts of a peer whose workloads may have any identity of the peer's trust domain. */
export interface TrustDomainHosts {
  trustDomain: string;
  /** Sorted, at least one. */
  hosts: readonly string[];
}

/**
 * Lists the hosts of Deckhouse clusters that have no identities, by the peer's name. A host stays listed while its import may be kept: of
 * a peer that is not ready, or that the brake holds.
 */
export function planTrustDomainHosts(
  peers: Readonly<Record<string, Registration>>,
  config: Pick<StackConfig, "peers" | "brake">,
  { trustDomainHosts, statuses }: Pick<LastRun, "trustDomainHosts" | "statuses">,
): Record<string, TrustDomainHosts> {
  return mapRecord(peers, ({ state, services, pinned, refusedHosts, heldNames }, peer) => {
    if (pinned === undefined || ownValue(config.peers, peer)?.deckhouse === undefined) return undefined;
    const any = anyWorkload(pinned.trustDomain);
    const unbound = Object.entries(services).flatMap(([host, { subjectAltNames }]) =>
      subjectAltNames.includes(any) ? [host] : [],
    );
    const last = ownValue(trustDomainHosts, peer) ?? [];
    const gone = last.filter((host) => !Object.hasOwn(services, host));
    const kept =
      state !== "ready" || mayBrake(services, last, unbound, config.brake, ownValue(statuses, peer))
        ? last
        : refusedHosts.length + heldNames.length > 0
          ? gone
          : [];
    const hosts = sortedUnique([...unbound, ...kept]);
    return hosts.length === 0 ? undefined : { trustDomain: pinned.trustDomain, hosts };
  });
}

/**
 * Whether the brake may keep all services of a peer as they were. Of those that rules bound only the number is known, so as many of them are
 * taken for removed as there are fewer now.
 * @param last hosts of the last update that no rule bound.
 * @param unbound those of this one.
 */
function mayBrake(
  services: Registration["services"],
  last: readonly string[],
  unbound: readonly string[],
  { removals }: StackConfig["brake"],
  status: Pick<PeerStatus, "state" | "imported"> | undefined,
): boolean {
  const hosts = Object.keys(services);
  const imported = status?.imported ?? 0;
  if (status?.state !== "held" && imported === hosts.length) return false;
  if (hosts.length === 0) return true;
  const notBound = new Set([...last, ...unbound]);
  const bound = hosts.filter((host) => !notBound.has(host)).length;
  const gone = last.filter((host) => !Object.hasOwn(services, host)).length;
  return gone + Math.max(0, imported - last.length - bound) > removals;
}

/** Warns of services that every workload of their cluster may answer for. */
export function trustDomainWarnings(hosts: Readonly<Record<string, TrustDomainHosts>>): string[] {
  return Object.entries(hosts).map(
    ([peer, { trustDomain, hosts: unbound }]) =>
      `Peer ${peer} does not publish whom its services run as, and peers.${peer}.deckhouse.identities has no rule for ${count(unbound.length)} of them ` +
      `(${firstNames(unbound)}): callers here accept each workload of trust domain ${trustDomain} as each of them, and no other. Add rules to accept ` +
      "the right ones alone (docs/deckhouse.md)",
  );
}

/** Fields of an Istio EnvoyFilter that this program writes. */
export interface TrustDomainFilter {
  configPatches: {
    applyTo: "CLUSTER";
    match: { cluster: { service: string } };
    patch: { operation: "MERGE"; value: object };
  }[];
}

/**
 * Renders the spec of the EnvoyFilter by which proxies accept every identity of a trust domain for these hosts. Istio's API has exact
 * identities alone: each host's ServiceEntry has one that nobody has, so without this filter no call succeeds.
 */
export function renderTrustDomainFilter({ trustDomain, hosts }: TrustDomainHosts): TrustDomainFilter {
  const value = {
    transport_socket: {
      name: "envoy.transport_sockets.tls",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        common_tls_context: {
          combined_validation_context: {
            default_validation_context: { match_subject_alt_names: [{ prefix: `spiffe://${trustDomain}/` }] },
          },
        },
      },
    },
  };
  return {
    configPatches: hosts.map((service) => ({
      applyTo: "CLUSTER",
      match: { cluster: { service } },
      patch: { operation: "MERGE", value },
    })),
  };
}
