import { createHash } from "node:crypto";
import type { Contract } from "./contract.ts";
import { count } from "../core/text.ts";
import type { Fault } from "../core/fault.ts";

/** Key of folded services. */
export const FOLD = "__services";

/** Moves folded services to `services`; returns any other data unchanged. */
export function unfoldContract(published: unknown): unknown {
  if (!isFolded(published)) return published;
  const { [FOLD]: services, ...rest } = published;
  return { ...rest, services };
}

/** Validates that services are in one place only. */
export function validateFold(published: unknown): Fault[] {
  if (!isFolded(published) || !Object.hasOwn(published, "services")) return [];
  const rule = "is there beside 'services'";
  return [{ path: FOLD, rule, remedy: "Publish the services in one of the two places" }];
}

function isFolded(published: unknown): published is Record<string, unknown> {
  return typeof published === "object" && published !== null && Object.hasOwn(published, FOLD);
}

/** Most entries of a map that `pulumi up` prints: more would hide the rest of its summary. */
export const OPEN_ENTRIES = 100;

/**
 * Formats a summary of entries that an output hides: their number, and a digest that changes with them. Pulumi does not display keys that
 * start with `__` (`IsInternalPropertyKey`).
 * @param what noun for the entries: `services`.
 * @param output name of the stack output.
 */
export function foldedLine(hidden: unknown, size: number, what: string, output: string): string {
  const digest = createHash("sha256").update(JSON.stringify(hidden)).digest("hex").slice(0, 12);
  return `${count(size)} ${what}, sha256 ${digest}; \`pulumi stack output ${output} --json\` shows them`;
}

/** A contract whose services `pulumi up` does not print. */
export interface FoldedContract extends Omit<Contract, "services"> {
  /** Summary of the services ({@link foldedLine}). */
  foldedServices: string;
  [FOLD]: Contract["services"];
}

/** Folds a contract with more than {@link OPEN_ENTRIES} services. */
export function foldContract(contract: Contract): Contract | FoldedContract {
  const { services, ...rest } = contract;
  const size = Object.keys(services).length;
  if (size <= OPEN_ENTRIES) return contract;
  const foldedServices = foldedLine(services, size, "services", "federation");
  return { ...rest, foldedServices, [FOLD]: services };
}
