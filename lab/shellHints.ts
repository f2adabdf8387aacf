import { stacksOf, updatesOf } from "./federate.ts";
import type { RunningLab } from "./lab.ts";
import { scenarioOf } from "./scenarios/scenarios.ts";

/** Where the explanations begin. */
const COLUMN = 32;

/** Hints for a shell on the lab. */
export function shellHints(lab: RunningLab): string {
  const scenario = scenarioOf(lab);
  const stacks = stacksOf(lab, scenario);
  const [first] = lab.clusters;
  const updates = updatesOf(scenario, stacks);
  const lines = [
    hint(
      "pulumi preview",
      `the selected stack is ${first?.name} at first; others: -s, or pulumi stack select`,
    ),
    ...updates.map(({ options }, turn) =>
      hint(`pulumi up ${options}`, turn === updates.length - 1 ? "then the clusters are federated" : "then"),
    ),
    hint("npm run lab -- workloads", "after that: restarts the workloads, so that they get sidecars"),
    hint("npm run lab -- prove", "checks the federation by real calls and prints the table"),
    hint("pulumi stack output peers", `and kubectl --context ${first?.name}, if you have it`),
  ];
  return `
${lab.clusters.length} clusters run, with workloads and without Istio until you give it to them. In a shell of the lab work:
${lines.join("\n")}
The lab stays when the shell ends; npm run lab -- down ends and removes it.

`;
}

function hint(command: string, explanation: string): string {
  return `  ${command.padEnd(COLUMN - 2)}  ${explanation}`;
}
