import { setTimeout as sleep } from "node:timers/promises";
import type { GatewayAddress } from "../../federation/core/address.ts";
import type { Sighting } from "../../kubernetes/gatewayService.ts";

/** Between two looks, in milliseconds. */
const INTERVAL = 2000;

/**
 * Looks until there is an address, but at least once.
 * @param warn is told what is missing when the time is over.
 * @returns an empty list when there is none in time.
 */
export async function awaitAddresses(
  look: () => Promise<Sighting>,
  timeoutSeconds: number,
  warn: (missing: string) => void,
): Promise<GatewayAddress[]> {
  const end = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const sighting = await look();
    if ("addresses" in sighting) return sighting.addresses;
    const left = end - Date.now();
    if (left <= 0) {
      warn(sighting.missing);
      return [];
    }
    await sleep(Math.min(INTERVAL, left));
  }
}
