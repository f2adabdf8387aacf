/** The methods of the dynamic provider of `TrustAnchor`, loaded by its shim in the provider process. */
import type * as pulumi from "@pulumi/pulumi";
import { diff as diffState } from "./diff.ts";
import type { Inputs, State } from "./inputs.ts";

export { check } from "./check.ts";

/** @param olds outputs of the last update. */
export function diff(_id: string, olds: State, news: Inputs): pulumi.dynamic.DiffResult {
  return diffState(olds, news, new Date());
}

export async function create(inputs: Inputs): Promise<pulumi.dynamic.CreateResult<State>> {
  return { id: inputs.peer, outs: await make(inputs) };
}

/** @param olds outputs of the last update: anchors of roots that stay are kept. */
export async function update(
  _id: string,
  olds: State,
  news: Inputs,
): Promise<pulumi.dynamic.UpdateResult<State>> {
  return { outs: await make(news, olds) };
}

/** The state is all there is of an anchor. */
export function read(id: string, state: State): Promise<pulumi.dynamic.ReadResult<State>> {
  return Promise.resolve({ id, props: state });
}

/** Nothing but the state held the anchors, so there is nothing to take away. */
async function remove(): Promise<void> {}

export { remove as delete };

/** Loads what writes certificates only now: a preview needs none of it. */
async function make(inputs: Inputs, olds?: State): Promise<State> {
  const { makeAnchors } = await import("./anchors.ts");
  return makeAnchors(inputs, olds, new Date());
}
