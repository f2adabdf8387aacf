import type { Contract } from "./contract.ts";
import type { Fault } from "./fault.ts";
import { OPEN_ENTRIES, foldedLine } from "./fold.ts";

/** Where folded services are. */
const FOLD = "__services";

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

/** What was published, with its services where a contract has them; anything else comes back as it is. */
export function unfoldContract(published: unknown): unknown {
  if (!isFolded(published)) return published;
  const { [FOLD]: services, ...rest } = published;
  return { ...rest, services };
}

/** Services in both places: nothing tells which are meant. */
export function judgeFold(published: unknown): Fault[] {
  if (!isFolded(published) || !Object.hasOwn(published, "services")) return [];
  const rule = "is there beside 'services'";
  return [{ path: FOLD, rule, remedy: "Publish the services in one of the two places" }];
}

function isFolded(published: unknown): published is Record<string, unknown> {
  return typeof published === "object" && published !== null && Object.hasOwn(published, FOLD);
}
