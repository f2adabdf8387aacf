/** The methods of the dynamic provider of `SignedAuthority`, loaded by its shim in the provider process. */
import type * as pulumi from "@pulumi/pulumi";
import { check } from "./check.ts";
import { diff } from "./diff.ts";
import type { Inputs, State } from "./inputs.ts";
import { signRequest } from "./sign.ts";

function create(inputs: Inputs): Promise<pulumi.dynamic.CreateResult<State>> {
  return sign(inputs).then((outs) => ({ id: inputs.cluster, outs }));
}

/** @param olds outputs of the last update: a certificate that stands is kept. */
function update(_id: string, olds: State, news: Inputs): Promise<pulumi.dynamic.UpdateResult<State>> {
  return sign(news, olds).then((outs) => ({ outs }));
}

/** The state is all there is of the certificate. */
function read(id: string, state: State): Promise<pulumi.dynamic.ReadResult<State>> {
  return Promise.resolve({ id, props: state });
}

/** Nothing but the state held the certificate, so there is nothing to take away. */
async function remove(): Promise<void> {}

/** Rejects where `signRequest` throws. */
async function sign(inputs: Inputs, olds?: State): Promise<State> {
  return Promise.resolve(signRequest(inputs, olds, new Date()));
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
