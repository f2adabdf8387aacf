import * as z from "zod";
import { FaultsError } from "../fault.ts";
import { OPEN_ENTRIES, foldedLine } from "../fold.ts";
import { faultsOf } from "../schema.ts";
import type { ImportAddresses } from "./clusterDns.ts";

/** Where folded addresses are: no peer has a name like that. */
const FOLD = "__addresses";

/** Addresses as they are published when they would flood what `pulumi up` prints. */
export interface FoldedAddresses {
  /** For its reader: how many they are, and a digest that changes when they do. */
  foldedAddresses: string;
  [FOLD]: ImportAddresses;
}

const addresses: z.ZodType<ImportAddresses> = z.record(z.string(), z.record(z.string(), z.string()));
const published = z.union([z.object({ [FOLD]: addresses }).transform((whole) => whole[FOLD]), addresses]);

/** What the stack output `importAddresses` is to be; the addresses themselves up to {@link OPEN_ENTRIES} of them. */
export function publishAddresses(all: ImportAddresses): ImportAddresses | FoldedAddresses {
  const size = Object.values(all).reduce((sum, each) => sum + Object.keys(each).length, 0);
  if (size <= OPEN_ENTRIES) return all;
  return { foldedAddresses: foldedLine(all, size, "addresses", "importAddresses"), [FOLD]: all };
}

/** The addresses of all peers' names, by name. */
export function addressesByHost(all: ImportAddresses): Record<string, string> {
  return Object.fromEntries(Object.values(all).flatMap((each) => Object.entries(each)));
}

/**
 * Reads what {@link publishAddresses} wrote.
 * @param output undefined or null where nothing was published.
 * @throws FaultsError when that cannot be read.
 */
export function readAddresses(output: unknown): ImportAddresses {
  const { data, error } = published.safeParse(output ?? {});
  if (error !== undefined)
    throw new FaultsError("last import addresses of this stack", faultsOf(error, output));
  return data;
}
