import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { ADDRESS } from "../../federation/core/address.ts";
import { DNS_LABEL } from "../../federation/core/names.ts";
import { TRUST_DOMAIN } from "../../federation/core/spiffe.ts";
import { readRequest, requestFaults } from "../../federation/x509/request.ts";
import { checkFields, containsUnknown, text } from "../checkFields.ts";
import { issuerFaults } from "../issuerFields.ts";
import type { Inputs } from "./inputs.ts";

const FIELDS = {
  cluster: text(DNS_LABEL),
  trustDomain: text(TRUST_DOMAIN),
  istiodHosts: z.array(text(ADDRESS)),
};

/**
 * Validates the inputs; whether the root has run out is judged when it signs. No failure quotes what was given for a request, a
 * certificate or a key: it could be the key.
 * @returns every failure.
 */
export function check(_olds: Partial<Inputs>, news: Inputs): pulumi.dynamic.CheckResult<Inputs> {
  const asked = faultsOfRequest(news).map((fault) => `request ${fault}`);
  return {
    inputs: news,
    failures: [
      ...checkFields(FIELDS, { ...news }),
      // The engine prints a property's value along with the reason: that of the cluster's name tells nothing.
      ...[...asked, ...issuerFaults(news)].map((reason) => ({ property: "cluster", reason })),
    ],
  };
}

function faultsOfRequest({ request, trustDomain }: Inputs): string[] {
  if (containsUnknown([request, trustDomain])) return [];
  if (typeof request !== "string") return ["must be text"];
  try {
    return requestFaults(readRequest(request), trustDomain);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
