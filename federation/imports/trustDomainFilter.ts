import type { StackConfig } from "../config/stackConfig.ts";
import { mapRecord, ownValue, sortedUnique } from "../core/order.ts";
import { anyWorkload } from "../core/spiffe.ts";
import { count, firstNames } from "../core/text.ts";
import type { LastRun } from "../lastRun.ts";
import type { Registration } from "./registration.ts";

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
    const unbound = Object.entries(services).filter(([, { subjectAltNames }]) =>
      subjectAltNames.includes(any),
    );
    const last = (ownValue(trustDomainHosts, peer) ?? []).filter((host) => !Object.hasOwn(services, host));
    const status = ownValue(statuses, peer);
    const isApplied = status?.state !== "held" && status?.imported === Object.keys(services).length;
    const mayBeKept =
      state !== "ready" ||
      refusedHosts.length + heldNames.length > 0 ||
      (last.length > config.brake.removals && !isApplied);
    const hosts = sortedUnique([...unbound.map(([host]) => host), ...(mayBeKept ? last : [])]);
    return hosts.length === 0 ? undefined : { trustDomain: pinned.trustDomain, hosts };
  });
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
