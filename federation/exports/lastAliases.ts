import * as z from "zod";
import type { ExportAlias } from "./exportAlias.ts";
import { FaultsError } from "../fault.ts";
import { sortedRecord } from "../order.ts";
import { faultsOf } from "../schema.ts";

/** The aliases as a stack publishes them for its own next run, by `<namespace>/<service>`. */
export type PublishedAliases = Record<string, ExportAlias["spec"]>;

const published: z.ZodType<PublishedAliases> = z.record(
  z.string().regex(/^[^/]+\/[^/]+$/),
  z.object({
    hosts: z.array(z.string()).length(1),
    location: z.literal("MESH_INTERNAL"),
    resolution: z.literal("STATIC"),
    ports: z.array(
      z.object({ number: z.number(), name: z.string(), protocol: z.string(), targetPort: z.number() }),
    ),
    workloadSelector: z.object({ labels: z.record(z.string(), z.string()) }),
    exportTo: z.array(z.string()),
  }),
);

export function publishAliases(aliases: readonly ExportAlias[]): PublishedAliases {
  return sortedRecord(
    aliases.map(({ namespace, service, spec }) => [`${namespace}/${service}`, spec] as const),
  );
}

/**
 * The aliases that a stack's last update made.
 * @param output what it published; undefined or null before the first update.
 * @throws FaultsError when that cannot be read.
 */
export function readAliases(output: unknown): ExportAlias[] {
  const { data, error } = published.safeParse(output ?? {});
  if (error !== undefined) throw new FaultsError("last aliases of this stack", faultsOf(error, output));
  return Object.entries(data).map(([key, spec]) => {
    const [namespace = "", service = ""] = key.split("/");
    return { namespace, service, spec };
  });
}
