import { LabError } from "./labError.ts";
import type { Log } from "./progress.ts";
import type { Outcome, Proof, ProofContext } from "./proofs/proof.ts";
import { formatProofs } from "./proofs/table.ts";
import { scenarioOf } from "./scenarios/scenarios.ts";

/**
 * Runs every proof, one after the other, and prints the table on standard output. One that cannot be carried out has
 * failed.
 *
 * @throws LabError when a proof fails; the table then says why.
 */
export async function prove(
  context: ProofContext,
  log: Log,
  { proofs } = scenarioOf(context.lab),
): Promise<void> {
  const results: { proof: Proof; outcome: Outcome }[] = [];
  for (const proof of proofs(context.lab.clusters)) {
    const outcome = await proof.run(context).catch((error: unknown): Outcome => {
      return {
        passed: false,
        status: "error",
        reason: error instanceof Error ? error.message : String(error),
      };
    });
    log(`${outcome.passed ? "ok" : "FAILED"}: ${proof.claim}: ${proof.caller} -> ${proof.callee}`);
    results.push({ proof, outcome });
  }
  process.stdout.write(`\n${formatProofs(results)}\n\n`);
  const failed = results.filter(({ outcome }) => !outcome.passed).length;
  if (failed > 0) throw new LabError(`${failed} of ${results.length} proofs failed`);
  log(`all ${results.length} proofs passed`);
}
