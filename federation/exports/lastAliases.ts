import * as z from "zod";
import type { ExportAlias } from "./exportAlias.ts";
import { type PublishedSpecs, publishSpecs, readSpecs } from "./publishedSpecs.ts";

/** The aliases as a stack publishes them for its own next run, by `<namespace>/<service>`. */
export type PublishedAliases = PublishedSpecs<ExportAlias["spec"]>;

const spec: z.ZodType<ExportAlias["spec"]> = z.object({
  hosts: z.array(z.string()).length(1),
  location: z.literal("MESH_INTERNAL"),
  resolution: z.literal("STATIC"),
  ports: z.array(
    z.object({ number: z.number(), name: z.string(), protocol: z.string(), targetPort: z.number() }),
  ),
  workloadSelector: z.object({ labels: z.record(z.string(), z.string()) }),
  exportTo: z.array(z.string()),
});

export function publishAliases(aliases: readonly ExportAlias[]): PublishedAliases {
  return publishSpecs(aliases.map(({ service: name, ...alias }) => ({ ...alias, name })));
}

/**
 * The aliases that a stack's last update made.
 * @param output what it published; undefined or null before the first update.
 * @throws FaultsError when that cannot be read.
 */
export function readAliases(output: unknown): ExportAlias[] {
  return readSpecs(spec, output, "last aliases of this stack").map(({ name: service, ...alias }) => ({
    ...alias,
    service,
  }));
}
