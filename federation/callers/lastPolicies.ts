import * as z from "zod";
import { type AuthorizationPolicy, CONDITIONS } from "./authorizationPolicy.ts";
import { type PublishedSpecs, publishSpecs, readSpecs } from "../exports/publishedSpecs.ts";

/** The policies as a stack publishes them for its own next run, by `<namespace>/<name>`. */
export type PublishedPolicies = PublishedSpecs<AuthorizationPolicy["spec"]>;

const texts = z.array(z.string());
const spec = z.object({
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
});

export function publishPolicies(policies: readonly AuthorizationPolicy[]): PublishedPolicies {
  return publishSpecs(policies);
}

/**
 * The policies that a stack's last update made: with no cluster to ask, they stay, as the exports do.
 * @param output what it published; undefined or null before the first update.
 * @throws FaultsError when that cannot be read: to go on without it would take the guards away.
 */
export function readPolicies(output: unknown): AuthorizationPolicy[] {
  return readSpecs(spec, output, "last policies of this stack");
}
