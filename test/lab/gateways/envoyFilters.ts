import type { SidecarPatch } from "../../../lab/workloads/envoyFilters.ts";
import type { NameServer } from "./nameServer.ts";

/** Has the sidecars of a namespace, for one service, ask this server for names, instead of those in the machine's /etc/resolv.conf. */
export function asking({ address, port }: NameServer): SidecarPatch {
  const config = {
    "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
    resolvers: [{ socket_address: { protocol: "UDP", address, port_value: port } }],
    dns_resolver_options: { no_default_search_domain: true },
  };
  return {
    name: "name-server",
    value: { typed_dns_resolver_config: { name: "envoy.network.dns_resolver.cares", typed_config: config } },
  };
}
