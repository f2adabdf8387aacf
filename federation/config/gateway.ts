import * as z from "zod";
import type { Draft } from "./sections.ts";
import type { StackConfig } from "./stackConfig.ts";
import { wholeNumber } from "./field.ts";
import { gatewayService, invalidKeys } from "./gatewayService.ts";
import { gatewayValues } from "./istio.ts";
import { ADDRESS, IP_ADDRESS, LOCALITY, canonicalAddress } from "../core/address.ts";
import { repeats } from "../core/lists.ts";
import { DNS_LABEL, LABEL_VALUE } from "../core/names.ts";
import { cleanHost, pasted } from "../core/pasted.ts";
import { type Complaint, checked, fields, portNumber, text, orUndefined } from "../core/schema.ts";
import { GATEWAY_PORT } from "../core/wellKnown.ts";

/** An hour: more than any load balancer takes, and less than CI waits. */
const LONGEST_TIMEOUT_SECONDS = 3600;

const advertised = fields({
  address: pasted((value) => canonicalAddress(cleanHost(value)), ADDRESS).describe(
    "IP address or DNS name at which peers reach the gateway.",
  ),
  port: portNumber.default(GATEWAY_PORT).describe("TCP port of the address."),
  locality: text(LOCALITY)
    .exactOptional()
    .meta({ description: "`region[/zone[/subzone]]` of the address.", defaultsTo: "`gateway.locality`" }),
});

const advertise = checked(z.array(advertised), (value): Complaint[] => {
  if (value.length === 0) {
    const rule = "must name at least one address";
    return [{ rule, remedy: "Add one, or remove the field", withoutValue: true }];
  }
  const keys = value.map((entry: Partial<z.output<typeof advertised>> | undefined) =>
    entry?.address === undefined ? undefined : JSON.stringify([entry.address, entry.port]),
  );
  return repeats(keys);
});

/** Labels of a gateway's Pods; at least one. */
export const podSelector = checked(z.record(z.string(), text(LABEL_VALUE)), (labels): Complaint[] => [
  ...invalidKeys(labels),
  ...(Object.keys(labels).length > 0
    ? []
    : [{ rule: "must name a label", remedy: "Name labels that only its Pods have", withoutValue: true }]),
]);

const existing = fields({
  namespace: text(DNS_LABEL).describe("Namespace of its Pods and of the Service."),
  selector: podSelector.describe("Labels of its Pods, e.g. `istio: eastwestgateway`."),
  service: text(DNS_LABEL).describe("Name of the Service that peers call."),
});

/** The section `gateway`: how the east-west gateway is exposed, and under which addresses. */
export const gateway = checked(
  fields({
    existing: orUndefined(existing).meta({
      description: "Gateway that the owner of `istio.existing` runs; instead of one of this program's.",
      defaultsTo: "none",
      page: "gateways.md#a-gateway-that-the-owner-runs",
    }),
    service: gatewayService.prefault({}),
    advertise: orUndefined(advertise).meta({
      description: "Addresses that peers use instead of the Service's own.",
      defaultsTo: "the Service's addresses",
      page: "gateways.md#which-addresses-peers-get",
    }),
    locality: orUndefined(text(LOCALITY)).meta({
      description: "`region[/zone[/subzone]]` of the gateway; peers may prefer near gateways.",
      defaultsTo: "not published",
    }),
    bind: orUndefined(pasted(cleanHost, IP_ADDRESS)).meta({
      description: "IP address that the gateway listens on.",
      defaultsTo: "all addresses",
    }),
    addressTimeoutSeconds: wholeNumber({ least: 0, most: LONGEST_TIMEOUT_SECONDS, unit: "seconds" })
      .default(300)
      .describe("Seconds that `pulumi up` waits for the load balancer's address."),
    values: gatewayValues.meta({
      description: "Helm values of the gateway chart, merged over the program's.",
      page: "helm-values.md",
    }),
  }),
  ({ service: exposed, advertise: addresses }): Complaint[] => {
    const type: unknown = (exposed as { type?: unknown } | undefined)?.type;
    if (type !== "ClusterIP" || addresses !== undefined) return [];
    const rule = "has no address that a peer could reach, and 'advertise' gives none";
    const remedy = "Add 'advertise', or choose LoadBalancer or NodePort";
    return [{ path: ["service", "type"], rule, remedy }];
  },
)
  .prefault({})
  .describe("The east-west gateway: its Service, addresses and Helm values.");

/** Checks the config of a gateway that somebody else runs: it has a Service and Helm values already. */
export function checkExistingGateway({ sections, isSet }: Draft<StackConfig>): Complaint[] {
  if (!isSet("gateway", "existing")) return [];
  const unused = ["service", "values"]
    .filter((field) => isSet("gateway", field))
    .map((field) => ({
      path: ["gateway", field],
      rule: "is for a gateway that this program installs, and gateway.existing is given",
      remedy: "Remove it, or gateway.existing",
      withoutValue: true,
    }));
  if (sections.istio === undefined || sections.istio.existing !== undefined) return unused;
  const rule = "needs an Istio that is there, and this program installs Istio";
  const remedy = "Remove it, or add istio.existing";
  return [...unused, { path: ["gateway", "existing"], rule, remedy, withoutValue: true }];
}
