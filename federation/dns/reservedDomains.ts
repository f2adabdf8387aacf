/** Where DNS tells names by addresses: no cluster's names are in it, and CoreDNS answers there for the cluster's own. */
export const REVERSE_DOMAINS: readonly string[] = ["in-addr.arpa", "ip6.arpa"];
