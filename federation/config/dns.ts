import * as z from "zod";
import { wholeNumber } from "./field.ts";
import { type Draft, isGiven } from "./sections.ts";
import type { StackConfig } from "./stackConfig.ts";
import { IP_ADDRESS, refuseAddress } from "../core/address.ts";
import { DNS_LABEL, HOST_NAME } from "../core/names.ts";
import { cleanHost, pasted } from "../core/pasted.ts";
import { type Complaint, fields, portNumber, text, orUndefined } from "../core/schema.ts";
import { TRAITS } from "../core/topology.ts";
import { LOCAL_NAME, LOCAL_NAME_TEMPLATE } from "../imports/localService.ts";
import { DNS_PORT } from "../topology/corefile.ts";

/** The CoreDNS server block for global names, and the ConfigMap that holds the Corefile. */
const coreDns = fields({
  address: pasted(cleanHost, IP_ADDRESS)
    .superRefine((address, context) => {
      // Refuses Istio's virtual addresses too: only sidecars route to them.
      const rule = IP_ADDRESS.test(address) ? refuseAddress(address, []) : undefined;
      if (rule === undefined) return;
      const remedy = "Set the address of a gateway in this cluster that accepts plaintext for these names";
      context.addIssue({ code: "custom", message: rule, params: { remedy } });
    })
    .meta({
      description: "With `replicated`: IP address of global names for clients without a sidecar.",
      page: "replicated.md",
    }),
  port: portNumber.default(DNS_PORT).describe("Port of the Corefile's other server blocks."),
  namespace: text(DNS_LABEL).default("kube-system").describe("Namespace of CoreDNS's ConfigMap."),
  configMap: text(HOST_NAME).default("coredns").describe("Name of CoreDNS's ConfigMap."),
}).describe("CoreDNS server block for global names, with topology `replicated` only.");

/** A range for Services is often a /20, of 4,094 addresses, and the cluster's own Services need theirs. */
const LOCAL_LIMIT = 1000;

/** Local Services, which CoreDNS resolves like any other: one beside each imported service. */
const services = fields({
  name: text(LOCAL_NAME_TEMPLATE).default(LOCAL_NAME).meta({
    description: "Name of each local Service, with `{name}`, `{namespace}` and `{peer}` of the import.",
    page: "dns.md#a-local-service-for-each-import",
  }),
  limit: wholeNumber({ least: 1 })
    .default(LOCAL_LIMIT)
    .describe("Highest number of local Services, each of which takes a cluster IP."),
}).describe("A local Service for each import, with topology `federation` only.");

export type LocalServices = z.output<typeof services>;

/** The section `dns`: names of imports for clients whose sidecars do not answer DNS. An empty one is none. */
export const dns = z
  .preprocess(
    (raw) => (isGiven(raw) ? raw : undefined),
    fields({ coreDns: orUndefined(coreDns), services: orUndefined(services) }).optional(),
  )
  .describe("DNS names of imported services for clients whose sidecars do not answer DNS.");

/** Checks that the section fits the topology: global names by CoreDNS, all others by local Services. */
export function checkDns({ sections: { topology, dns: given } }: Draft<StackConfig>): Complaint[] {
  if (topology === undefined || given === undefined) return [];
  const { names } = TRAITS[topology];
  if (!names.includes("global") && !names.includes("mesh")) {
    const rule = `has no effect in topology '${topology}', where peers' services have no names of their own`;
    return [{ path: ["dns"], rule, remedy: "Remove it, or write topology: federation or replicated" }];
  }
  const [field, remedy] = names.includes("global")
    ? (["services", "Remove it"] as const)
    : (["coreDns", "Write dns.services, or a rule of CoreDNS by hand (docs/dns.md)"] as const);
  if (given[field] === undefined) return [];
  return [{ path: ["dns", field], rule: `is not for topology '${topology}'`, remedy }];
}
