import * as z from "zod";

const texts = z.array(z.string());
const anyTexts = texts.exactOptional();

/** Origin of a call: an identity that one of `principals` matches (missing: any), and none of `notPrincipals`. */
const source = z.object({ principals: anyTexts, notPrincipals: anyTexts });

/** Request of a call: all fields must match. Ports are those of the workload, as text. */
const operation = z.object({
  ports: anyTexts,
  notPorts: anyTexts,
  methods: anyTexts,
  notMethods: anyTexts,
  paths: anyTexts,
  notPaths: anyTexts,
});

/** Matches a call from any of the sources (missing: from anybody), for any of the operations, under all conditions. */
const rule = z.object({
  from: z.array(z.object({ source })).exactOptional(),
  to: z.array(z.object({ operation })).exactOptional(),
  // The identity in a certificate, and the SNI of the TLS handshake.
  when: z
    .array(z.object({ key: z.enum(["source.principal", "connection.sni"]), values: texts }))
    .exactOptional(),
});

/** Schema of {@link AuthorizationPolicy}. */
export const authorizationPolicy = z.object({
  namespace: z.string(),
  name: z.string(),
  spec: z.object({
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    action: z.enum(["ALLOW", "DENY"]),
    /** At least one. */
    rules: z.array(rule),
  }),
});

/**
 * An object of `security.istio.io/v1`. A workload denies calls that any DENY policy matches; then, if an ALLOW policy selects it, calls that
 * no ALLOW policy matches.
 */
export type AuthorizationPolicy = z.output<typeof authorizationPolicy>;
export type PolicyRule = z.output<typeof rule>;
export type Source = z.output<typeof source>;
export type Operation = z.output<typeof operation>;
