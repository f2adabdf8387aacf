import { faultsOfAll } from "./faultsOfAll.ts";
import { fullStackName, noSuchOutput, noSuchStack, readStackOutputs } from "./stackOutputs.ts";
import { FaultsError, pathOf } from "../federation/core/fault.ts";
import { sortedRecord } from "../federation/core/order.ts";
import type { ContractReading } from "../federation/imports/registration.ts";

/**
 * Reads what the peers publish as their stack outputs `federation`, `trustAnchors` and `access`, unchecked.
 * @param peers by name, each with its stack: a bare name (of this project) or `organization/project/stack`.
 * @throws FaultsError naming every peer whose stack is there but cannot be read, at `peers.<name>.stack`.
 */
export async function readContracts(
  peers: Readonly<Record<string, { stack: string }>>,
): Promise<Record<string, ContractReading>> {
  const readings = Object.entries(peers).map(
    async ([peer, { stack }]) => [peer, await readContract(peer, stack)] as const,
  );
  const faults = await faultsOfAll(readings);
  if (faults.length > 0) throw new FaultsError("stacks of the peers", faults);
  return sortedRecord(await Promise.all(readings));
}

async function readContract(peer: string, stack: string): Promise<ContractReading> {
  const name = fullStackName(stack);
  const outputs = await readStackOutputs(name, pathOf("peers", peer, "stack"));
  if (outputs === undefined) return { pending: noSuchStack(name) };
  const { federation, trustAnchors, access } = outputs;
  const trusting = {
    ...(trustAnchors === undefined ? {} : { trustAnchors }),
    ...(access === undefined ? {} : { access }),
  };
  if (federation !== undefined && federation !== null) return { contract: federation, ...trusting };
  // Before its first update, or once it is destroyed, it trusts nobody.
  return { pending: noSuchOutput(name, "federation"), trustAnchors: {}, ...trusting };
}
