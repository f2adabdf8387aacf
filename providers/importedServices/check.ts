import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { parseGateway } from "../../federation/core/address.ts";
import { EXPORT_TO } from "../../federation/core/exportTo.ts";
import { DNS_LABEL, HOST_NAME } from "../../federation/core/names.ts";
import { DEFAULT_BRAKE, brakes, removalToken } from "../../federation/imports/brake.ts";
import { parseImport } from "../../federation/imports/importedService.ts";
import { KUBECONFIG_FIELD, NAMESPACE_FIELD, checkFields, containsUnknown, text } from "../inputChecks.ts";
import { restorable } from "./drift.ts";
import type { Inputs, Request } from "./inputs.ts";

const FIELDS = {
  kubeconfig: KUBECONFIG_FIELD,
  namespace: NAMESPACE_FIELD,
  peer: text(DNS_LABEL),
  exportTo: z.array(text(EXPORT_TO)).min(1, "must name at least one namespace, or '*'"),
  gateways: z.array(parsedBy(parseGateway)),
  otherGateways: z.record(text(DNS_LABEL), z.array(parsedBy(parseGateway))).optional(),
  services: z.record(text(HOST_NAME), parsedBy(parseImport)),
  siblings: z.array(text(DNS_LABEL)).optional(),
  elsewhere: z.array(text(HOST_NAME)).optional(),
  pending: z.string().optional(),
  brake: z.object({ removals: z.number().min(0), share: z.number().min(0).max(1) }).optional(),
  acceptRemoval: z.string().optional(),
};

/**
 * Validates what the program asks for, and judges it by what was known before: a peer that is pending or offers nothing any
 * more keeps its services, and the brake holds back a removal of too many at once.
 * @param olds inputs of the last update, or what a refresh found; empty at the first.
 * @returns the inputs to use, and every failure.
 */
export function check(olds: Partial<Inputs>, news: Request): pulumi.dynamic.CheckResult<Inputs> {
  const { pending, brake = DEFAULT_BRAKE, acceptRemoval, elsewhere = [], ...declared } = news;
  const failures = checkFields(FIELDS, { ...news });
  const asked: Inputs = { ...declared, ...handOver(olds, news.peer, elsewhere) };
  if (failures.length > 0 || containsUnknown([asked.gateways, asked.services])) {
    return failures.length > 0 ? { inputs: asked, failures } : { inputs: asked };
  }
  const known = knownOf(olds, asked.peer, new Set(elsewhere));
  const isEmpty = Object.keys(asked.services).length === 0;
  if (pending !== undefined || isEmpty) return { inputs: keep(known, asked, acceptRemoval) };
  if (asked.gateways.length === 0) {
    const reason =
      "is empty, but there are services to reach through it. Give the peer as pending until it has a gateway.";
    return { inputs: asked, failures: [{ property: "gateways", reason }] };
  }
  const reason = brakes(brake, asked.peer, known.services, asked.services, acceptRemoval);
  // The engine prints the property's value along with the reason: the services would be thousands of lines.
  return { inputs: asked, ...(reason === undefined ? {} : { failures: [{ property: "peer", reason }] }) };
}

type Known = Pick<Inputs, "gateways" | "otherGateways" | "services">;

/** What the last update declared of this peer and nobody else does now, without the marks that a refresh left. */
function knownOf(olds: Partial<Inputs>, peer: string, elsewhere: ReadonlySet<string>): Known {
  const { gateways = [], otherGateways, services = {} } = olds.peer === peer ? olds : {};
  const own = Object.entries(restorable(services)).filter(([host]) => !elsewhere.has(host));
  return {
    gateways,
    ...(otherGateways === undefined ? {} : { otherGateways }),
    services: Object.fromEntries(own),
  };
}

/** Names are handed over until the sibling has them: so long the last update's inputs name them. */
function handOver(
  olds: Partial<Inputs>,
  peer: string,
  elsewhere: readonly string[],
): Pick<Inputs, "handedOver"> {
  if (elsewhere.length === 0 || olds.peer !== peer) return {};
  const known = new Set([...Object.keys(olds.services ?? {}), ...(olds.handedOver ?? [])]);
  const handedOver = elsewhere.filter((host) => known.has(host));
  return handedOver.length === 0 ? {} : { handedOver };
}

/** Services of a peer that gives none stay as they were last declared: its clients notice nothing. */
function keep(known: Known, asked: Inputs, acceptRemoval: string | undefined): Inputs {
  const gateways = asked.gateways.length > 0 ? asked.gateways : known.gateways;
  const areToGo = acceptRemoval !== undefined && acceptRemoval === removalToken(known.services, {});
  return { ...asked, ...known, gateways, services: areToGo ? {} : known.services };
}

/** A text that a parser of the domain takes; not yet known is fine. */
function parsedBy(parse: (value: string) => unknown): z.ZodType<string> {
  return z.string().superRefine((value, context) => {
    if (containsUnknown(value)) return;
    try {
      parse(value);
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
    }
  });
}
