import * as z from "zod";
import { FaultsError } from "../fault.ts";
import { sortedRecord } from "../order.ts";
import { faultsOf } from "../schema.ts";

/** Objects as a stack publishes them for its own next run: their specs, by `<namespace>/<name>`. */
export type PublishedSpecs<Spec> = Record<string, Spec>;

/** What is published of an object. */
export interface PlacedSpec<Spec> {
  namespace: string;
  name: string;
  spec: Spec;
}

export function publishSpecs<Spec>(objects: readonly PlacedSpec<Spec>[]): PublishedSpecs<Spec> {
  return sortedRecord(objects.map(({ namespace, name, spec }) => [`${namespace}/${name}`, spec] as const));
}

/**
 * The objects of a stack's last update.
 * @param output what it published; undefined or null before the first update.
 * @param source what to call it in messages.
 * @throws FaultsError when that cannot be read.
 */
export function readSpecs<Spec>(
  schema: z.ZodType<Spec>,
  output: unknown,
  source: string,
): PlacedSpec<Spec>[] {
  const published = z.record(z.string().regex(/^[^/]+\/[^/]+$/), schema);
  const { data, error } = published.safeParse(output ?? {});
  if (error !== undefined) throw new FaultsError(source, faultsOf(error, output));
  return Object.entries(data).map(([key, spec]) => {
    const [namespace = "", name = ""] = key.split("/");
    return { namespace, name, spec };
  });
}
