import * as z from "zod";
import { fingerprints } from "./certificateAuthority.ts";
import { exportTo, importRules } from "./importRules.ts";
import { type StackOwner, asRecord, judgeStack } from "./stackNames.ts";
import { MESH_DOMAIN, OWNED_DOMAIN } from "../core/domains.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { anyNumber } from "../core/lists.ts";
import { DNS_LABEL, HOST_NAME, STACK_NAME } from "../core/names.ts";
import { compare, sortedRecord } from "../core/order.ts";
import { fields, text } from "../core/schema.ts";
import { TRUST_DOMAIN } from "../core/spiffe.ts";
import { REMOVAL_TOKEN, DEFAULT_BRAKE } from "../imports/brake.ts";
import { CHOICES } from "../imports/peerNames.ts";
import type { PeerIdentity } from "../trust/pin.ts";

/** Who a peer is: to be checked already when it is first seen. */
export const peerIdentity: z.ZodType<PeerIdentity> = fields({
  cluster: text(DNS_LABEL).exactOptional(),
  clusterDomain: text(HOST_NAME).exactOptional(),
  meshDomain: text(MESH_DOMAIN).exactOptional(),
  domains: anyNumber(text(OWNED_DOMAIN)).exactOptional(),
  trustDomain: text(TRUST_DOMAIN).exactOptional(),
  roots: fingerprints.exactOptional(),
  acceptAnnouncedRoots: z.boolean().exactOptional(),
});
const named = z.record(
  z.string(),
  fields({
    stack: text(STACK_NAME),
    exportTo: exportTo.exactOptional(),
    imports: importRules.exactOptional(),
    names: z.enum(CHOICES).exactOptional(),
    acceptRemoval: text(REMOVAL_TOKEN).exactOptional(),
    identity: peerIdentity.exactOptional(),
  }),
);

/** The peers by name; the names are checked in {@link judgePeers}, with what else goes beyond one peer. */
export const peers = named.transform((value) => sortedRecord(Object.entries(value)));

/**
 * What can be wrong with a peer only in view of the others and of this cluster.
 * @param raw the config's `peers`, unchecked; `cluster` likewise.
 * @param stack this stack's own name.
 */
export function judgePeers(raw: unknown, cluster: unknown, stack: string): Fault[] {
  const entries = Object.entries(asRecord(raw))
    .sort(([one], [other]) => compare(one, other))
    .map(([name, peer]): StackOwner => ({ ...asRecord(peer), name }));
  const own = asRecord(cluster)["name"];
  return entries.flatMap((entry, index) => [
    ...judgeName(entry.name, own),
    ...judgeStack(entry, entries.slice(0, index), { noun: "peer", section: ["peers"], own: stack }),
  ]);
}

function judgeName(name: string, own: unknown): Fault[] {
  const path = pathOf("peers", name);
  if (!DNS_LABEL.test(name)) return [{ path, value: name, rule: DNS_LABEL.rule, remedy: DNS_LABEL.remedy }];
  if (name !== own) return [];
  return [
    {
      path,
      value: name,
      rule: "is this cluster's own name",
      remedy: "Name the peer by its own cluster's name",
    },
  ];
}
/** How many of a peer's services may go at once. */
export const brake = fields({
  removals: z
    .number()
    .refine((value) => Number.isInteger(value) && value >= 0, {
      error: "must be a whole number, 0 or more",
      params: { remedy: "Write how many services of a peer may always go at once" },
    })
    .default(DEFAULT_BRAKE.removals),
  share: z
    .number()
    .refine((value) => value >= 0 && value <= 1, {
      error: "must be a part of all, from 0 to 1",
      params: { remedy: "Write which part of a peer's services may always go at once, e.g. 0.5" },
    })
    .default(DEFAULT_BRAKE.share),
});
