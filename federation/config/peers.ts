import * as z from "zod";
import { REMOVAL_TOKEN } from "../imports/brake.ts";
import { type Fault, pathOf } from "../fault.ts";
import { DNS_LABEL } from "../hostname.ts";
import { compare, sortedRecord } from "../order.ts";
import { fields, text } from "../schema.ts";
import { STACK_NAME } from "../stackName.ts";
import { exportTo } from "./exportTo.ts";
import { importRules } from "./importRules.ts";
import { type StackOwner, asRecord, judgeStack } from "./stackNames.ts";
import { CHOICES } from "../topology/peerNames.ts";
import { peerIdentity } from "./peerIdentity.ts";

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
