import type { ContractReading } from "../federation/peer.ts";
import { sortedRecord } from "../federation/order.ts";
import { fullStackName, readStackOutputs } from "./stackOutputs.ts";

/**
 * Reads what the peers publish as their stack output `federation`, unchecked.
 * @param peers by name, each with its stack: a bare name (of this project) or `organization/project/stack`.
 * @throws Error naming every peer whose stack is there but cannot be read.
 */
export async function readContracts(
  peers: Readonly<Record<string, { stack: string }>>,
): Promise<Record<string, ContractReading>> {
  const names = Object.keys(peers);
  const readings = await Promise.allSettled(names.map((name) => readContract(peers[name]?.stack ?? name)));
  const failures = readings.flatMap((reading, index) =>
    reading.status === "rejected" ? [`Peer ${names[index]}: ${(reading.reason as Error).message}`] : [],
  );
  if (failures.length > 0) throw new Error(failures.join("\n"));
  return sortedRecord(
    readings.flatMap((reading, index) =>
      reading.status === "fulfilled" ? [[names[index] ?? "", reading.value] as const] : [],
    ),
  );
}

async function readContract(stack: string): Promise<ContractReading> {
  const name = fullStackName(stack);
  const outputs = await readStackOutputs(name);
  if (outputs === undefined)
    return {
      pending: `stack ${name} does not exist, or you may not read it; run \`pulumi up\` on it, then here`,
    };
  const { federation } = outputs;
  if (federation !== undefined && federation !== null) return { contract: federation };
  return { pending: `stack ${name} has no output \`federation\` yet; run \`pulumi up\` on it, then here` };
}
