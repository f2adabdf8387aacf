import * as z from "zod";
import { fields, someText } from "../core/schema.ts";

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
})
  .prefault({})
  .meta({
    description:
      "Gateways, routes, subsets, external services and policies of this cluster, in Istio's own words.",
    page: "traffic.md",
  });

/** Settings of traffic objects. */
export type TrafficConfig = z.output<typeof traffic>;
