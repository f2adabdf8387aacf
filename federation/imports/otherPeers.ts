import { createHash } from "node:crypto";
import type { GatewayAddress } from "../core/address.ts";
import { isBelow } from "../core/names.ts";
import { ownValue, sortedRecord, sortedUnique } from "../core/order.ts";
import type { Registration } from "./registration.ts";

/** Facts about the other peers that the registration of one needs. */
export interface OtherPeers {
  /** Gateways of other peers that serve hosts of this one too, by peer. */
  otherGateways: Record<string, GatewayAddress[]>;
  /** The other peers and the former ones, sorted. */
  siblings: string[];
  /** {@link hostDigests} of all hosts that are registered with a peer and may move to another: the same text for all peers. */
  movable: string;
}

/**
 * The {@link OtherPeers} of each peer, by its name.
 * @param former peers that the config does not name any more; their entries are there until the end of the update.
 */
export function otherPeers(
  registrations: Readonly<Record<string, Registration>>,
  former: readonly string[],
): Record<string, OtherPeers> {
  const movable = hostDigests(Object.values(registrations).flatMap(movableHosts));
  const all = sortedUnique([...Object.keys(registrations), ...former]);
  return Object.fromEntries(
    Object.values(registrations).map(({ peer, services }): [string, OtherPeers] => {
      const serving = new Set(
        Object.values(services).flatMap(({ servedBy }) => servedBy.map((each) => each.peer)),
      );
      const others = [...serving].flatMap((name) => {
        const found = name === peer ? undefined : ownValue(registrations, name);
        return found?.state === "ready" ? [[name, found.gateways] as const] : [];
      });
      const siblings = all.filter((name) => name !== peer);
      return [peer, { otherGateways: sortedRecord(others), siblings, movable }];
    }),
  );
}

/** The hosts outside of a peer's cluster domain and mesh domain: a further domain may be another peer's one day. */
function movableHosts({ contract, services }: Registration): string[] {
  const own = [contract?.clusterDomain, contract?.meshDomain].filter((domain) => domain !== undefined);
  return Object.keys(services).filter((host) => own.every((domain) => !isBelow(host, domain)));
}

/** Bytes of a host's digest: so many that no two hosts have one. */
const DIGEST_BYTES = 9;
const DIGEST_LENGTH = (DIGEST_BYTES * 4) / 3;

/** Text of {@link hostDigests}. */
export const HOST_DIGESTS = new RegExp(`^(?:[\\w-]{${DIGEST_LENGTH}})*$`);

/**
 * Digests of hosts, sorted and joined. Each peer's registration is given those of all peers: the names themselves would take a
 * multiple of the time and memory of the rest of the plan.
 */
export function hostDigests(hosts: Iterable<string>): string {
  return sortedUnique([...hosts].map(digestOf)).join("");
}

/** Whether a host is among those of {@link hostDigests}. */
export function includesHost(digests: string, host: string): boolean {
  const digest = digestOf(host);
  let [low, high] = [0, digests.length / DIGEST_LENGTH];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = digests.slice(middle * DIGEST_LENGTH, (middle + 1) * DIGEST_LENGTH);
    if (found === digest) return true;
    if (found < digest) low = middle + 1;
    else high = middle;
  }
  return false;
}

function digestOf(host: string): string {
  return createHash("sha256").update(host).digest().subarray(0, DIGEST_BYTES).toString("base64url");
}
