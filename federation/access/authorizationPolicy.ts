import * as z from "zod";

/** Origin of a call: an identity that one of `principals` matches (missing: any), and none of `notPrincipals`. */
export interface Source {
  principals?: string[];
  notPrincipals?: string[];
}

/** Request of a call: all fields must match. Ports are those of the workload, as text. */
export interface Operation {
  ports?: string[];
  notPorts?: string[];
  methods?: string[];
  notMethods?: string[];
  paths?: string[];
  notPaths?: string[];
}

/** Keys of conditions: the identity in a certificate, and the SNI of the TLS handshake. */
export const CONDITIONS = ["source.principal", "connection.sni"] as const;

/** Matches a call from any of the sources (missing: from anybody), for any of the operations, under all conditions. */
export interface PolicyRule {
  from?: { source: Source }[];
  to?: { operation: Operation }[];
  when?: { key: (typeof CONDITIONS)[number]; values: string[] }[];
}

/**
 * An object of `security.istio.io/v1`. A workload denies calls that any DENY policy matches; then, if an ALLOW policy selects it, calls that
 * no ALLOW policy matches.
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

const texts = z.array(z.string());

/** Schema of {@link AuthorizationPolicy}. */
export const authorizationPolicy: z.ZodType<AuthorizationPolicy> = z.object({
  namespace: z.string(),
  name: z.string(),
  spec: z.object({
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    action: z.enum(["ALLOW", "DENY"]),
    rules: z.array(
      z.object({
        from: z
          .array(
            z.object({
              source: z.object({ principals: texts.exactOptional(), notPrincipals: texts.exactOptional() }),
            }),
          )
          .exactOptional(),
        to: z
          .array(
            z.object({
              operation: z.object({
                ports: texts.exactOptional(),
                notPorts: texts.exactOptional(),
                methods: texts.exactOptional(),
                notMethods: texts.exactOptional(),
                paths: texts.exactOptional(),
                notPaths: texts.exactOptional(),
              }),
            }),
          )
          .exactOptional(),
        when: z.array(z.object({ key: z.enum(CONDITIONS), values: texts })).exactOptional(),
      }),
    ),
  }),
});
