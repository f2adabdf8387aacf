import Table from "cli-table3";
import type { Outcome, Proof } from "./proof.ts";

/** Writes proofs and what came of them as a table, and below it why those failed that did. */
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
