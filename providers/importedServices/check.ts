import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { parseGateway } from "../../federation/address.ts";
import { EXPORT_TO } from "../../federation/exportTo.ts";
import { DNS_LABEL, HOST_NAME } from "../../federation/hostname.ts";
import { parseImport } from "../../federation/importLine.ts";
import { KUBECONFIG_FIELD, NAMESPACE_FIELD, checkFields, containsUnknown, text } from "../checkFields.ts";
import { restorable } from "./drift.ts";
import type { Inputs } from "./inputs.ts";

const FIELDS = {
  kubeconfig: KUBECONFIG_FIELD,
  namespace: NAMESPACE_FIELD,
  peer: text(DNS_LABEL),
  exportTo: z.array(text(EXPORT_TO)).min(1, "must name at least one namespace, or '*'"),
  gateways: z.array(parsedBy(parseGateway)),
  services: z.record(text(HOST_NAME), parsedBy(parseImport)),
  pending: z.string().optional(),
};

/**
 * Validates the inputs and fills in what a pending peer leaves open.
 * @param olds inputs of the last update; empty at the first.
 * @returns the inputs to use, and every failure.
 */
export function check(olds: Partial<Inputs>, news: Inputs): pulumi.dynamic.CheckResult<Inputs> {
  const failures = checkFields(FIELDS, { ...news });
  if (failures.length > 0) return { inputs: news, failures };
  if (news.pending !== undefined) return { inputs: keepKnown(olds, news) };
  if (!containsUnknown([news.gateways, news.services]) && isNowhere(news)) {
    const reason =
      "is empty, but there are services to reach through it. Give the peer as pending until it has a gateway.";
    return { inputs: news, failures: [{ property: "gateways", reason }] };
  }
  return { inputs: news };
}

/** A pending peer's entries stay as they were last declared: its clients notice nothing. */
function keepKnown(olds: Partial<Inputs>, news: Inputs): Inputs {
  const known = olds.peer === news.peer ? olds : {};
  return { ...news, gateways: known.gateways ?? [], services: restorable(known.services ?? {}) };
}

function isNowhere({ gateways, services }: Inputs): boolean {
  return gateways.length === 0 && Object.keys(services).length > 0;
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
