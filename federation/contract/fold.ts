import { createHash } from "node:crypto";
import type { Contract } from "./contract.ts";
import { countImports } from "./imports.ts";
import { count } from "../core/text.ts";
import type { Fault } from "../core/fault.ts";

/** Key of folded services. */
export const FOLD = "__services";

/** Key of folded imports. */
const IMPORTS_FOLD = "__imports";

/** Fields of a contract that may be folded, and the keys under which they are then. */
const FOLDS = { services: FOLD, imports: IMPORTS_FOLD } as const;

/** Moves folded fields to their places; returns any other data unchanged. */
export function unfoldContract(published: unknown): unknown {
  return Object.entries(FOLDS).reduce((contract, [field, key]) => {
    if (!isFolded(contract, key)) return contract;
    const { [key]: value, ...rest } = contract;
    return { ...rest, [field]: value };
  }, published);
}

/** Validates that each field is in one place only. */
export function validateFold(published: unknown): Fault[] {
  return Object.entries(FOLDS).flatMap(([field, key]) => {
    if (!isFolded(published, key) || !Object.hasOwn(published, field)) return [];
    const rule = `is there beside '${field}'`;
    return [{ path: key, rule, remedy: `Publish the ${field} in one of the two places` }];
  });
}

function isFolded(published: unknown, key: string): published is Record<string, unknown> {
  return typeof published === "object" && published !== null && Object.hasOwn(published, key);
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

/** A contract some of whose fields `pulumi up` does not print. */
export interface FoldedContract extends Omit<Contract, keyof typeof FOLDS> {
  services?: Contract["services"];
  imports?: Contract["imports"];
  /** Summary of the services ({@link foldedLine}). */
  foldedServices?: string;
  [FOLD]?: Contract["services"];
  /** Summary of the imports. */
  foldedImports?: string;
  [IMPORTS_FOLD]?: Contract["imports"];
}

/** Folds each field of a contract that has more than {@link OPEN_ENTRIES} hosts. */
export function foldContract(contract: Contract): Contract | FoldedContract {
  const { services, imports, ...rest } = contract;
  const [exported, imported] = [Object.keys(services).length, countImports(imports ?? {})];
  return {
    ...rest,
    ...(exported <= OPEN_ENTRIES
      ? { services }
      : { foldedServices: foldedLine(services, exported, "services", "federation"), [FOLD]: services }),
    ...(imported <= OPEN_ENTRIES
      ? imports && { imports }
      : {
          foldedImports: foldedLine(imports, imported, "imported services", "federation"),
          [IMPORTS_FOLD]: imports,
        }),
  };
}
