import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { gatewayAddress } from "../../federation/core/address.ts";
import { DNS_LABEL, EXPORT_TO, HOST_NAME } from "../../federation/core/names.ts";
import { sortedRecord, sortedUnique } from "../../federation/core/order.ts";
import { messageOf } from "../../federation/core/text.ts";
import { brakes, brakesEmptying, removalToken } from "../../federation/imports/brake.ts";
import { importFromJson } from "../../federation/imports/import.ts";
import { HOST_DIGESTS, includesHost } from "../../federation/imports/otherPeers.ts";
import {
  KUBECONFIG_FIELD,
  NAMESPACE_FIELD,
  checkFields,
  containsUnknown,
  domainText,
} from "../inputChecks.ts";
import type { Inputs, Request } from "./inputs.ts";

/** The JSON of an import; a value that is not yet known is fine. */
const importJson = z.string().superRefine((value, context) => {
  if (containsUnknown(value)) return;
  try {
    importFromJson(value);
  } catch (error) {
    context.addIssue({ code: "custom", message: messageOf(error) });
  }
});

const gateways = z.array(
  z.unknown().superRefine((value, context) => {
    const issues = containsUnknown(value) ? [] : (gatewayAddress.safeParse(value).error?.issues ?? []);
    for (const { path, message } of issues) context.addIssue({ code: "custom", path: [...path], message });
  }),
);

const FIELDS = {
  kubeconfig: KUBECONFIG_FIELD,
  namespace: NAMESPACE_FIELD,
  peer: domainText(DNS_LABEL),
  exportTo: z.array(domainText(EXPORT_TO)).min(1, "must name at least one namespace, or '*'"),
  gateways,
  otherGateways: z.record(domainText(DNS_LABEL), gateways),
  services: z.record(domainText(HOST_NAME), importJson),
  siblings: z.array(domainText(DNS_LABEL)),
  movable: z.string().regex(HOST_DIGESTS, "must be digests of hosts"),
  held: z.string().regex(HOST_DIGESTS, "must be digests of hosts"),
  pending: z.string().optional(),
  brake: z.object({ removals: z.number().min(0), share: z.number().min(0).max(1) }),
  acceptRemoval: z.string().optional(),
  required: z.boolean(),
};

/**
 * Validates what the program asks for, and compares it with the last inputs: a peer that is pending or offers nothing any more
 * keeps its services, a service that is not valid any more stays as it was, and the brake keeps all services where too many
 * would be removed at once; of a required peer that is a failure.
 * @param olds inputs of the last update, or what a refresh found; empty before the first update.
 * @returns the inputs to use, and every failure.
 */
export function check(olds: Partial<Inputs>, news: Request): pulumi.dynamic.CheckResult<Inputs> {
  const { pending, brake, acceptRemoval, required, movable, held, ...declared } = news;
  const failures = checkFields(FIELDS, { ...news });
  if (failures.length > 0) return { failures };
  const last = olds.peer === news.peer ? olds : {};
  const handedOver = hostsHandedOver(last, news.services, movable);
  if (containsUnknown([declared.gateways, declared.services]))
    return { inputs: { ...declared, notAsDeclared: {}, handedOver, braked: "" } };
  const known = without(last.services ?? {}, new Set(handedOver));
  const kept = heldServices(known, declared.services, held);
  const services = sortedRecord(Object.entries({ ...declared.services, ...kept }));
  // A kept service may be served by peers that serve no declared one.
  const otherGateways =
    Object.keys(kept).length === 0
      ? declared.otherGateways
      : { ...last.otherGateways, ...declared.otherGateways };
  const asked: Inputs = { ...declared, otherGateways, services, notAsDeclared: {}, handedOver, braked: "" };
  if (pending !== undefined || Object.keys(asked.services).length === 0) {
    const braked = pending === undefined ? brakesEmptying(asked.peer, known, acceptRemoval) : undefined;
    return { inputs: { ...keep({ ...last, services: known }, asked, acceptRemoval), braked: braked ?? "" } };
  }
  if (asked.gateways.length === 0) {
    const reason =
      "is empty, but there are services to reach through it. Give the peer as pending until it has a gateway.";
    return { inputs: asked, failures: [{ property: "gateways", reason }] };
  }
  const reason = brakes(brake, asked.peer, known, asked.services, acceptRemoval);
  if (reason === undefined) return { inputs: asked };
  // The engine prints the property's value along with the reason: the services would be thousands of lines.
  if (required) return { inputs: asked, failures: [{ property: "peer", reason }] };
  return { inputs: { ...keep({ ...last, services: known }, asked, undefined), braked: reason } };
}

/** Hosts are handed over until the sibling has them; until then the last inputs name them. */
function hostsHandedOver(
  last: Partial<Inputs>,
  services: Readonly<Record<string, string>>,
  movable: string,
): string[] {
  const known = sortedUnique([...Object.keys(last.services ?? {}), ...(last.handedOver ?? [])]);
  return known.filter((host) => !Object.hasOwn(services, host) && includesHost(movable, host));
}

/** Returns the known services that are not declared and whose host, here or at the peer, is held. */
function heldServices(
  known: Readonly<Record<string, string>>,
  declared: Readonly<Record<string, string>>,
  held: string,
): Record<string, string> {
  if (held === "") return {};
  const isHeld = ([host, json]: [string, string]) =>
    !Object.hasOwn(declared, host) &&
    (includesHost(held, host) || includesHost(held, importFromJson(json).remoteHost ?? host));
  return Object.fromEntries(Object.entries(known).filter(isHeld));
}

function without(
  services: Readonly<Record<string, string>>,
  hosts: ReadonlySet<string>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(services).filter(([host]) => !hosts.has(host)));
}

/** Keeps the last services and, where none are asked for, gateways of a peer, so that its clients notice nothing. */
function keep(
  last: Partial<Inputs> & Pick<Inputs, "services">,
  asked: Inputs,
  acceptRemoval: string | undefined,
): Inputs {
  const isAccepted = acceptRemoval !== undefined && acceptRemoval === removalToken(last.services, {});
  return {
    ...asked,
    gateways: asked.gateways.length > 0 ? asked.gateways : (last.gateways ?? []),
    otherGateways: last.otherGateways ?? asked.otherGateways,
    services: isAccepted ? {} : last.services,
  };
}
