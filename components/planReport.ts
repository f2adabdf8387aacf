import { appendFile, writeFile } from "node:fs/promises";
import type { PlanReview } from "../federation/review/planReview.ts";

/**
 * Writes what reviewers read of a run, where it is asked for: Markdown to the file that `$ISTIO_FEDERATION_PLAN` names (JSON if it ends in
 * `.json`), and a preview's or a failed run's Markdown to GitHub's summary of the job.
 * @throws Error when a file cannot be written.
 */
export async function writePlanReport(
  review: () => PlanReview,
  { ISTIO_FEDERATION_PLAN: file, GITHUB_STEP_SUMMARY: summary }: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  if (!file && !summary) return;
  const { reviewMarkdown } = await import("../federation/review/reviewMarkdown.ts");
  const plan = review();
  if (file)
    await writeFile(
      file,
      file.endsWith(".json") ? `${JSON.stringify(plan, undefined, 2)}\n` : reviewMarkdown(plan),
    );
  // The update that follows a preview would say the same once more.
  if (summary && (plan.operation === "preview" || plan.faults.length > 0))
    await appendFile(summary, reviewMarkdown(plan));
}
