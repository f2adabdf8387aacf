import { changesNothing, type Stack } from "../pulumi.ts";
import type { Outcome, Proof } from "./proof.ts";

/** A stack that is up to date stays as it is: preview announces nothing, and `up` does nothing. */
export function unchanged(name: string): Proof {
  return {
    claim: "a second `pulumi up` changes nothing, and preview says so before",
    caller: "pulumi preview, pulumi up",
    callee: `stack ${name}`,
    run: async ({ stacks }) => {
      const stack = stacks.find((candidate) => candidate.name === name);
      return stack === undefined ? { passed: false, status: "no such stack" } : checkStack(stack);
    },
  };
}

async function checkStack(stack: Stack): Promise<Outcome> {
  const changes = await stack.preview();
  if (!changesNothing(changes)) {
    const reason = `expected no change, preview announces ${JSON.stringify(changes)}; see ${stack.log}`;
    return { passed: false, status: "changes", reason };
  }
  try {
    await stack.up({ expectNoChanges: true });
    return { passed: true, status: "no change" };
  } catch (error) {
    return {
      passed: false,
      status: "changes",
      reason: error instanceof Error ? error.message : String(error),
    };
  }
}
