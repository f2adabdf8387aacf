/** The methods of the dynamic provider of `Leftovers`, loaded by its shim in the provider process. */
import type * as pulumi from "@pulumi/pulumi";
import { endWithEngine } from "../lifeline.ts";
import { PartialFailure } from "../partialFailure.ts";
import { check, diff } from "./diff.ts";
import type { Inputs, State } from "./inputs.ts";

/** How the SDK hands inputs over: with the text by which this provider is found. */
interface Shimmed {
  __provider?: string;
}

async function create(inputs: Inputs): Promise<pulumi.dynamic.CreateResult<State>> {
  return { id: inputs.namespace, outs: await clear(inputs.namespace, inputs) };
}

async function update(id: string, _olds: State, news: Inputs): Promise<pulumi.dynamic.UpdateResult<State>> {
  return { outs: await clear(id, news) };
}

/** What was left behind the program looks for itself, each time it starts. */
function read(id: string, state: State): Promise<pulumi.dynamic.ReadResult<State>> {
  return Promise.resolve({ id, props: state });
}

/**
 * Nothing: with its stack the whole namespace goes. Where only this resource goes, as with an older version of the program,
 * the entries in the namespace are those of peers that stay.
 */
async function remove(): Promise<void> {}

async function clear(id: string, inputs: Inputs & Shimmed): Promise<State> {
  if (Object.keys(inputs.found).length === 0) return { removed: {} };
  endWithEngine();
  const { removeLeftovers } = await import("./remove.ts");
  const failures = await removeLeftovers(inputs);
  if (failures.length === 0) return { removed: inputs.found };
  // The SDK adds the shim to the outputs of a success only; without it the engine could not call this provider again.
  const done = { removed: {}, __provider: inputs.__provider };
  throw new PartialFailure(id, done, `entries left behind in namespace ${inputs.namespace}`, failures);
}

/** The methods, typed as the engine calls them. */
export const provider = {
  check: (olds, news) => Promise.resolve(check(olds, news)),
  diff: (_id, olds, news) => Promise.resolve(diff(olds, news)),
  create,
  update,
  read: (id, state) => read(id, state as State),
  delete: remove,
} satisfies pulumi.dynamic.ResourceProvider<Inputs, State>;
