/** Where a call comes from: an identity that one of `principals` means (all when left out), and none of `notPrincipals`. */
export interface Source {
  principals?: string[];
  notPrincipals?: string[];
}

/** What a call wants: all that is given must be met. Ports are those of the workload, as text. */
export interface Operation {
  ports?: string[];
  notPorts?: string[];
  methods?: string[];
  notMethods?: string[];
  paths?: string[];
  notPaths?: string[];
}

/** By what rules go besides: whom a certificate names, and whom the caller asked for in the TLS handshake. */
export const CONDITIONS = ["source.principal", "connection.sni"] as const;

/** A rule matches a call from any of the sources (left out: from anybody), for any of the operations, under all conditions. */
export interface PolicyRule {
  from?: { source: Source }[];
  to?: { operation: Operation }[];
  when?: { key: (typeof CONDITIONS)[number]; values: string[] }[];
}

/**
 * An object of `security.istio.io/v1`. A workload first refuses what any DENY policy that selects it matches; then, if any ALLOW policy
 * selects it, it refuses what none of them matches.
 */
export interface AuthorizationPolicy {
  namespace: string;
  name: string;
  spec: {
    selector: { matchLabels: Record<string, string> };
    action: "ALLOW" | "DENY";
    /** At least one. */
    rules: PolicyRule[];
  };
}
