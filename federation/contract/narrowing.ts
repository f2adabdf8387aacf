import type { ContractService } from "./service.ts";

/**
 * Finds what a change of an exported service takes from a cluster that may import it. What is added, and what a reader follows by its next
 * update, is nothing taken.
 * @param before as in the contract before.
 * @param after undefined where it is not exported any more.
 * @param importer `<trust domain>/<cluster name>`.
 * @returns each completes "the service ..."; empty where nothing is taken, or it was not offered to that cluster before.
 */
export function takenFrom(
  before: ContractService,
  after: ContractService | undefined,
  importer: string,
): string[] {
  if (!isFor(before, importer)) return [];
  if (after === undefined) return ["is not exported any more"];
  if (!isFor(after, importer)) return [`is not offered to ${importer} any more`];
  const ports = new Map(after.ports.map(({ number, protocol }) => [number, protocol]));
  return before.ports.flatMap(({ number, protocol }) => {
    const now = ports.get(number);
    if (now === protocol) return [];
    return [
      now === undefined ? `loses port ${number}` : `has ${now} at port ${number} instead of ${protocol}`,
    ];
  });
}

function isFor({ peers }: ContractService, importer: string): boolean {
  return peers === undefined || peers.includes(importer);
}
