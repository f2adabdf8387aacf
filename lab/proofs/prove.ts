import Table from "cli-table3";
import { messageOf } from "../../federation/core/text.ts";
import { LabError, type Log } from "../progress.ts";
import { scenarioOf, type Scenario } from "../scenarios.ts";
import type { Outcome, Proof, ProofContext } from "./proof.ts";

/**
 * Runs all proofs in turn and prints their table on standard output. A proof that throws has failed.
 *
 * @throws LabError when a proof fails; the reason is below the table.
 */
export async function prove(
  context: ProofContext,
  log: Log,
  { proofs }: Pick<Scenario, "proofs"> = scenarioOf(context.lab),
): Promise<void> {
  const results: { proof: Proof; outcome: Outcome }[] = [];
  for (const proof of proofs(context.lab.clusters)) {
    const outcome = await proof.run(context).catch((error: unknown): Outcome => ({
      ...{ passed: false, status: "error" },
      reason: messageOf(error),
    }));
    log(`${outcome.passed ? "ok" : "FAILED"}: ${proof.claim}: ${proof.caller} -> ${proof.callee}`);
    results.push({ proof, outcome });
  }
  process.stdout.write(`\n${formatProofs(results)}\n\n`);
  const failed = results.filter(({ outcome }) => !outcome.passed).length;
  if (failed > 0) throw new LabError(`${failed} of ${results.length} proofs failed`);
  log(`all ${results.length} proofs passed`);
}

/** Formats proofs and their outcomes as a table, with the reasons of failures below. */
export function formatProofs(results: readonly { proof: Proof; outcome: Outcome }[]): string {
  const table = new Table({
    head: ["", "caller", "callee", "status", "identity that the server saw", "latency"],
    style: { head: [], border: [] },
    // No lines between the rows.
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
  });
  for (const { proof, outcome } of results) {
    const { passed, status, identity = "-", latencyMs } = outcome;
    const latency = latencyMs === undefined ? "-" : `${latencyMs.toFixed(1)} ms`;
    table.push([passed ? "ok" : "FAILED", proof.caller, proof.callee, status, identity, latency]);
  }
  const failures = results.filter(({ outcome }) => !outcome.passed);
  const reasons = failures.map(
    ({ proof, outcome }) =>
      `FAILED: ${proof.claim}: ${proof.caller} -> ${proof.callee}: ${outcome.reason ?? outcome.status}`,
  );
  return [table.toString(), ...reasons].join("\n");
}
