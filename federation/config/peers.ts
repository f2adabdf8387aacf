import * as z from "zod";
import { REMOVAL_TOKEN } from "../brake.ts";
import { EXPORT_TO } from "../exportTo.ts";
import { type Fault, pathOf } from "../fault.ts";
import { DNS_LABEL } from "../hostname.ts";
import { compare, sortedRecord } from "../order.ts";
import { type Complaint, checked, fields, text } from "../schema.ts";
import { STACK_NAME } from "../stackName.ts";
import { type StackOwner, asRecord, judgeStack } from "./stackNames.ts";
import { CHOICES } from "../topology/peerNames.ts";
import { peerIdentity } from "./peerIdentity.ts";
import { IMPORT_NAMESPACE } from "../wellKnown.ts";

const exportTo = checked(z.array(text(EXPORT_TO)), (value): Complaint[] => {
  if (value.length === 0) {
    // Istio reads an empty list as "all namespaces", which nobody who writes one means.
    return [
      { rule: "must name at least one namespace", remedy: "Write '*' for all, or leave the field out" },
    ];
  }
  const all = value.length > 1 && value.includes("*");
  return [
    ...(all ? [{ rule: "has '*' beside others", remedy: "Write '*' alone, or only namespaces" }] : []),
    ...value.flatMap((entry, index) =>
      value.findIndex((earlier) => sameNamespace(earlier, entry)) < index
        ? [
            {
              path: [index],
              rule: `is there twice ('.' is ${IMPORT_NAMESPACE})`,
              remedy: "Remove one of the two",
            },
          ]
        : [],
    ),
  ];
});

function sameNamespace(one: string, other: string): boolean {
  const plain = (namespace: string): string => (namespace === "." ? IMPORT_NAMESPACE : namespace);
  return plain(one) === plain(other);
}

const named = z.record(
  z.string(),
  fields({
    stack: text(STACK_NAME),
    exportTo: exportTo.exactOptional(),
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
