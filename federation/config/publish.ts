import * as z from "zod";
import { gatewayService } from "./gatewayService.ts";
import { type Draft, isGiven } from "./sections.ts";
import type { StackConfig } from "./stackConfig.ts";
import { IP_ADDRESS } from "../core/address.ts";
import { HOST_NAME, OBJECT_NAME } from "../core/names.ts";
import { cleanDomain, cleanHost, cleanText, pasted } from "../core/pasted.ts";
import { PUBLISH_VALUES } from "../helm/gateway.ts";
import { valueFaults } from "../helm/valueFaults.ts";
import { type Complaint, type TextRule, checked, fields, orUndefined } from "../core/schema.ts";

/** `zzz_profile.yaml` of the chart merges `global` into the defaults. */
const CHART = { decisions: PUBLISH_VALUES, alsoRoots: ["global"] };

const values = checked(z.record(z.string(), z.unknown()), (given): Complaint[] =>
  valueFaults(given, CHART),
).prefault({});

/** A VirtualService with a single label as host is for the Service of that name in its namespace. */
const SERVED_HOST: TextRule = {
  test: (value) => HOST_NAME.test(value) && value.includes("."),
  rule: `${HOST_NAME.rule}, of two labels or more`,
  remedy: HOST_NAME.remedy,
};

/** istiod reads a Secret with the suffix `-cacert` as certificates that verify clients, and sends no key of it. */
export const SERVER_SECRET: TextRule = {
  test: (value) => OBJECT_NAME.test(value) && !value.endsWith("-cacert"),
  rule: `${OBJECT_NAME.rule}, and must not end in '-cacert'`,
  remedy: OBJECT_NAME.remedy,
};

const section = fields({
  host: pasted(cleanDomain, SERVED_HOST).meta({
    description: "DNS name at which the contract is served: `https://<host>/contract.json`.",
    page: "contract.md#serving-it-from-the-cluster",
  }),
  credentialName: pasted(cleanText, SERVER_SECRET).describe(
    "TLS Secret with the certificate for `host`, in namespace `istio-publish`.",
  ),
  service: gatewayService
    .prefault({})
    .meta({ description: "The Service of the gateway, port 443; fields as `gateway.service`." }),
  bind: orUndefined(pasted(cleanHost, IP_ADDRESS)).meta({
    description: "IP address that the gateway listens on.",
    defaultsTo: "all addresses",
  }),
  values: values.meta({
    description: "Helm values of the gateway chart, merged over the program's.",
    page: "helm-values.md",
  }),
});

/** Settings of the gateway that serves documents. */
export type PublishConfig = z.output<typeof section>;

/** The section `publish`: the contract served from the cluster itself. An empty one is none. */
export const publish = z
  .preprocess((raw) => (isGiven(raw) ? raw : undefined), section.optional())
  .describe("Serves the contract from the cluster itself, over HTTPS by an Istio gateway of its own.");

/** Checks that peers of the topology read contracts from an address. */
export function checkPublish({ sections: { topology, publish: given } }: Draft<StackConfig>): Complaint[] {
  if (topology !== "single-mesh" || given === undefined) return [];
  const rule = "has no effect in topology 'single-mesh', whose peers need credentials that no contract has";
  return [{ path: ["publish"], rule, remedy: "Remove it" }];
}
