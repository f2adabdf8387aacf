import { createHash } from "node:crypto";
import type { Contract } from "./contract.ts";
import { count } from "../core/change.ts";
import type { Fault } from "../core/fault.ts";

/** Where folded services are. */
export const FOLD = "__services";

/** What was published, with its services where a contract has them; anything else comes back as it is. */
export function unfoldContract(published: unknown): unknown {
  if (!isFolded(published)) return published;
  const { [FOLD]: services, ...rest } = published;
  return { ...rest, services };
}

/** Services in both places: nothing tells which are meant. */
export function validateFold(published: unknown): Fault[] {
  if (!isFolded(published) || !Object.hasOwn(published, "services")) return [];
  const rule = "is there beside 'services'";
  return [{ path: FOLD, rule, remedy: "Publish the services in one of the two places" }];
}

function isFolded(published: unknown): published is Record<string, unknown> {
  return typeof published === "object" && published !== null && Object.hasOwn(published, FOLD);
}
/** So many entries of a map are published in the open: more flood the end of every update, which is what one still reads. */
export const OPEN_ENTRIES = 100;

/**
 * What stands for entries in an output that hides them under a key which starts with `__`: Pulumi keeps such keys from its display
 * (`IsInternalPropertyKey`), and from nothing else. It says how many they are, with a digest that changes when they do.
 * @param what they are: `services`.
 * @param output the stack output that has them.
 */
export function foldedLine(hidden: unknown, size: number, what: string, output: string): string {
  const digest = createHash("sha256").update(JSON.stringify(hidden)).digest("hex").slice(0, 12);
  return `${count(size)} ${what}, sha256 ${digest}; \`pulumi stack output ${output} --json\` shows them`;
}
/** A contract as it is published when its services would flood what `pulumi up` prints. */
export interface FoldedContract extends Omit<Contract, "services"> {
  /** Instead of the services, for the reader of `pulumi up`: how many they are, and a digest that changes when they do. */
  foldedServices: string;
  [FOLD]: Contract["services"];
}

/** The contract as it is to be published; the same up to {@link OPEN_ENTRIES} services. */
export function foldContract(contract: Contract): Contract | FoldedContract {
  const { services, ...rest } = contract;
  const size = Object.keys(services).length;
  if (size <= OPEN_ENTRIES) return contract;
  const foldedServices = foldedLine(services, size, "services", "federation");
  return { ...rest, foldedServices, [FOLD]: services };
}
