/** The methods of the dynamic provider of `TrustAnchor`, loaded by its shim in the provider process. */
import type * as pulumi from "@pulumi/pulumi";
import { check } from "./check.ts";
import { diff } from "./diff.ts";
import type { Inputs, State } from "./inputs.ts";

async function create(inputs: Inputs): Promise<pulumi.dynamic.CreateResult<State>> {
  return { id: inputs.peer, outs: await make(inputs) };
}

/** @param olds outputs of the last update: anchors of roots that stay are kept. */
async function update(_id: string, olds: State, news: Inputs): Promise<pulumi.dynamic.UpdateResult<State>> {
  return { outs: await make(news, olds) };
}

/** The state is all there is of an anchor. */
function read(id: string, state: State): Promise<pulumi.dynamic.ReadResult<State>> {
  return Promise.resolve({ id, props: state });
}

/** Nothing but the state held the anchors, so there is nothing to take away. */
async function remove(): Promise<void> {}

/** Loads what writes certificates only now: a preview needs none of it. */
async function make(inputs: Inputs, olds?: State): Promise<State> {
  const { makeAnchors } = await import("./anchors.ts");
  return makeAnchors(inputs, olds, new Date());
}

/** The methods, typed as the engine calls them. */
export const provider = {
  check: (olds, news) => Promise.resolve(check(olds, news)),
  diff: (_id, olds, news) => Promise.resolve(diff(olds, news, new Date())),
  create,
  update,
  read: (id, state) => read(id, state as State),
  delete: remove,
} satisfies pulumi.dynamic.ResourceProvider<Inputs, State>;
