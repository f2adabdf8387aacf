import type * as pulumi from "@pulumi/pulumi";
import { ClusterClient } from "../../kubernetes/client.ts";
import { endWithEngine } from "../lifeline.ts";
import { check, diff } from "./diff.ts";
import type { Inputs, State } from "./inputs.ts";
import { stateOf } from "./issue.ts";

/** The methods of the dynamic provider of `ReaderToken`, loaded by its shim in the provider process. */

async function create(inputs: Inputs): Promise<pulumi.dynamic.CreateResult<State>> {
  return { id: `${inputs.namespace}/${inputs.serviceAccount}`, outs: await issue(inputs) };
}

/** The last token serves to its own end, so that the peer has time to take the new one. */
async function update(_id: string, _olds: State, news: Inputs): Promise<pulumi.dynamic.UpdateResult<State>> {
  return { outs: await issue(news) };
}

/** The state is all there is of a token: API servers keep none. */
function read(id: string, state: State): Promise<pulumi.dynamic.ReadResult<State>> {
  return Promise.resolve({ id, props: state });
}

/** A token goes with its ServiceAccount, so there is nothing to take away. */
async function remove(): Promise<void> {}

/** @throws ClusterError when the API server gives none; Error when it gives one of another life. */
async function issue(inputs: Inputs): Promise<State> {
  endWithEngine();
  const { kubeconfig, namespace, serviceAccount, hours } = inputs;
  const client = await ClusterClient.connect(kubeconfig);
  return stateOf(inputs, await client.requestToken(namespace, serviceAccount, hours * 3600), new Date());
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
