import * as z from "zod";
import { type AuthorizationPolicy, CONDITIONS } from "./authorizationPolicy.ts";
import { FaultsError } from "../fault.ts";
import { sortedRecord } from "../order.ts";
import { faultsOf } from "../schema.ts";

/** The policies as a stack publishes them for its own next run, by `<namespace>/<name>`. */
export type PublishedPolicies = Record<string, AuthorizationPolicy["spec"]>;

const texts = z.array(z.string());
const published = z.record(
  z.string().regex(/^[^/]+\/[^/]+$/),
  z.object({
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    action: z.enum(["ALLOW", "DENY"]),
    rules: z.array(
      z.object({
        from: z.array(
          z.object({
            source: z.object({ principals: texts.exactOptional(), notPrincipals: texts.exactOptional() }),
          }),
        ),
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
);

export function publishPolicies(policies: readonly AuthorizationPolicy[]): PublishedPolicies {
  return sortedRecord(policies.map(({ namespace, name, spec }) => [`${namespace}/${name}`, spec] as const));
}

/**
 * The policies that a stack's last update made: with no cluster to ask, they stay, as the exports do.
 * @param output what it published; undefined or null before the first update.
 * @throws FaultsError when that cannot be read: to go on without it would take the guards away.
 */
export function readPolicies(output: unknown): AuthorizationPolicy[] {
  const { data, error } = published.safeParse(output ?? {});
  if (error !== undefined) throw new FaultsError("last policies of this stack", faultsOf(error, output));
  return Object.entries(data).map(([key, spec]) => {
    const [namespace = "", name = ""] = key.split("/");
    return { namespace, name, spec };
  });
}
