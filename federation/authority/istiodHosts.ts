import * as z from "zod";
import { canonicalAddress } from "../address.ts";
import { sortedUnique } from "../order.ts";

/** What of istiod's Helm values says by which names it is reached. */
const values = z.object({
  env: z.object({ ISTIOD_CUSTOM_HOST: z.string().optional().catch(undefined) }).catch({}),
  meshConfig: z
    .object({
      defaultConfig: z.object({ discoveryAddress: z.string().optional().catch(undefined) }).catch({}),
    })
    .catch({ defaultConfig: {} }),
});

/**
 * The hosts by which proxies are told to reach istiod, so that its own certificate has them (Istio's `getDNSNames`), beside those of its
 * Services, which it always has.
 * @param istiod Helm values of the stack for istiod's chart.
 * @returns DNS names and IP addresses, sorted; none for the usual.
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
