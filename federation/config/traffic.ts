import * as z from "zod";
import { HOST_NAME } from "../core/names.ts";
import { cleanDomain, pasted } from "../core/pasted.ts";
import { type TextRule, fields, someText } from "../core/schema.ts";
import { wholeNumber } from "./field.ts";

/** A Service with its namespace, as the config is of no namespace. */
const SERVICE_HOST: TextRule = {
  test: (value) => HOST_NAME.test(value) && value.includes("."),
  rule: "must be a Service with its namespace",
  remedy: "Write '<name>.<namespace>', or the full name",
};

const canary = fields({
  host: pasted(cleanDomain, SERVICE_HOST).describe(
    "Service of this cluster: `<name>.<namespace>`, or its full name.",
  ),
  to: pasted(cleanDomain, HOST_NAME).describe("Imported host that gets a share of its calls."),
  percent: wholeNumber({ least: 0, most: 100 }).describe("The share of the imported host, in percent."),
});

/** A share of the calls to a Service that goes to a peer's service. */
export type CanaryConfig = z.output<typeof canary>;

/** The section `traffic`: Istio's and Gateway API's own objects, as people have them. */
export const traffic = fields({
  files: z.array(someText).prefault([]).meta({
    description: "YAML files relative to the program's folder, with `*` and `**`: `traffic/paris/*.yaml`.",
    defaultsTo: "none",
  }),
  objects: z.array(z.unknown()).prefault([]).meta({
    description: "Objects written here, with apiVersion, kind, metadata and spec.",
    defaultsTo: "none",
  }),
  canaries: z.array(canary).prefault([]).meta({
    description: "Shares of local calls that go to peers' services, each rendered as a VirtualService.",
    defaultsTo: "none",
    page: "traffic.md#a-canary-in-another-cluster",
  }),
})
  .prefault({})
  .meta({
    description:
      "Gateways, routes, subsets, external services and policies of this cluster, in Istio's own words.",
    page: "traffic.md",
  });

/** Settings of traffic objects. */
export type TrafficConfig = z.output<typeof traffic>;
