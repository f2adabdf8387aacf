import type { Outcome, Proof } from "./proof.ts";

/** A stack that is up to date stays as it is. */
export function unchanged(name: string): Proof {
  return {
    claim: "a second `pulumi up` changes nothing",
    caller: "pulumi up",
    callee: `stack ${name}`,
    run: async ({ stacks }): Promise<Outcome> => {
      const stack = stacks.find((candidate) => candidate.name === name);
      if (stack === undefined) throw new Error(`there is no stack ${name}`);
      await stack.up({ expectNoChanges: true });
      return { passed: true, status: "no change" };
    },
  };
}
