import * as z from "zod";
import { canonicalAddress } from "../core/address.ts";
import { sortedUnique } from "../core/order.ts";
import { istiodName } from "../core/revision.ts";
import { ISTIOD_DOMAIN } from "../x509/nameConstraints.ts";

/** Fields of istiod's Helm values that set its host names. */
const values = z.object({
  env: z.object({ ISTIOD_CUSTOM_HOST: z.string().optional().catch(undefined) }).catch({}),
  meshConfig: z
    .object({
      defaultConfig: z.object({ discoveryAddress: z.string().optional().catch(undefined) }).catch({}),
    })
    .catch({ defaultConfig: {} }),
});

/** Services whose names istiod certifies, whether they exist or not (Istio's `getDNSNames`). */
const SERVICES = ["istiod", "istiod-remote", "istio-pilot"];

/**
 * Parses the hosts by which proxies reach istiod, beside its Services' own names. Istiod's certificate has both (Istio's `getDNSNames`).
 * @param istiod Helm values of the stack for istiod's chart.
 * @returns DNS names and IP addresses, sorted; none by default.
 */
export function istiodHosts(istiod: Readonly<Record<string, unknown>>): string[] {
  const { env, meshConfig } = values.parse({ env: {}, meshConfig: {}, ...istiod });
  const { discoveryAddress = "" } = meshConfig.defaultConfig;
  const hosts = [discoveryAddress.replace(/:\d*$/, ""), ...(env.ISTIOD_CUSTOM_HOST ?? "").split(",")];
  return sortedUnique(
    hosts
      .map((host) => canonicalAddress(host.trim().replace(/^\[(.*)\]$/, "$1")))
      .filter((host) => host !== ""),
  );
}

/** Returns all names and addresses in the certificates of istiods, sorted. */
export function istiodNames(
  istiods: readonly { revision: string; values: Readonly<Record<string, unknown>> }[],
): string[] {
  const services = [...SERVICES, ...istiods.map(({ revision }) => istiodName(revision))];
  return sortedUnique([
    ...services.map((name) => `${name}.${ISTIOD_DOMAIN}`),
    ...istiods.flatMap(({ values: own }) => istiodHosts(own)),
  ]);
}
