import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { FaultsError } from "../../federation/core/fault.ts";

/** Outputs by full stack name; an Error is what the engine answers instead. */
export type Stacks = Record<string, Record<string, unknown> | Error>;

/** Full name of the stack that {@link withStacks} runs in. */
export const OWN_STACK = "organization/istio-federation/cluster-a";

/** Stands in for the engine in a run of stack cluster-a: it knows these stacks' outputs, and no others. */
export async function withStacks(stacks: Stacks): Promise<void> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name }) => assert.fail(`made a resource ${name}`),
      call: ({ token, inputs }: { token: string; inputs: { name: string } }) => {
        assert.equal(token, "pulumi:pulumi:readStackOutputs");
        const found = stacks[inputs.name] ?? new Error(`unknown stack "${inputs.name}"`);
        // The SDK shows the text that the engine puts in gRPC's `details`.
        if (found instanceof Error) throw Object.assign(found, { details: found.message });
        return { name: inputs.name, outputs: found, secretOutputNames: [] };
      },
    },
    "istio-federation",
    "cluster-a",
    false,
    "organization",
  );
}

/** The error of a call that is to fail with faults. */
export async function faultsError(call: Promise<unknown>): Promise<FaultsError> {
  const error = await call.then(
    () => assert.fail("must fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof FaultsError, String(error));
  return error;
}
