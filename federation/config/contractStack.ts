import type * as z from "zod";
import { foreignKeys } from "./foreignKeys.ts";
import { draftOf, isGiven, settle } from "./sections.ts";
import { type NotifyTarget, notify } from "./notify.ts";
import { type ParsedConfig, checkNamespaces } from "./stackConfig.ts";
import { STACK_NAME } from "../core/names.ts";
import { cleanText, pasted } from "../core/pasted.ts";

/** The schema of each key of a contract stack. */
export const contractSections = {
  contractOf: pasted(cleanText, STACK_NAME).describe(
    "Instead of a cluster: the stack, of a cluster or of a shared root, whose public outputs this stack publishes for peers.",
  ),
  notify,
};

/** The config of a contract stack, parsed. */
export interface ContractStackConfig {
  contractOf: z.output<(typeof contractSections)["contractOf"]>;
  notify: readonly NotifyTarget[];
}

/** Whether a stack is to publish another stack's contract. */
export function isContractStack(raw: Readonly<Record<string, unknown>>): boolean {
  // Pulumi.yaml has an empty text as its default.
  return isGiven(raw["contractOf"]) && raw["contractOf"] !== "";
}

/** Parses the config of a contract stack, as `parseConfig` does for a cluster's. A key of another kind of stack is a fault. */
export function parseContractStack(
  raw: Readonly<Record<string, unknown>>,
  stack: string,
  keys: readonly string[] = [],
): ParsedConfig<ContractStackConfig> {
  const draft = draftOf<ContractStackConfig>(contractSections, raw);
  const itself = {
    path: ["contractOf"],
    rule: "is this very stack",
    remedy: "Name the stack of the cluster, or of the shared root",
  };
  const complaints = draft.sections.contractOf === stack ? [itself] : [];
  const { sections, faults, skipped } = settle<ContractStackConfig>(
    contractSections,
    raw,
    draft,
    complaints,
    [],
  );
  const { contractOf, notify: targets = [] } = sections;
  return {
    config: contractOf === undefined ? undefined : { contractOf, notify: targets },
    faults: [...checkNamespaces(keys), ...foreignKeys(raw, "contractOf"), ...faults],
    skipped,
  };
}
