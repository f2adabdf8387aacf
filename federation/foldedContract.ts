import type { Contract } from "./contract.ts";
import { FOLD } from "./contractFold.ts";
import { OPEN_ENTRIES, foldedLine } from "./fold.ts";

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
