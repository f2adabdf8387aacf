import type * as pulumi from "@pulumi/pulumi";
import { ClusterClient } from "../../kubernetes/client.ts";
import { sightGateway } from "../../kubernetes/gatewayService.ts";
import { awaitAddresses } from "./await.ts";
import { check, diff } from "./diff.ts";
import type { Inputs, State } from "./inputs.ts";
import { endWithEngine } from "../lifeline.ts";

/** The methods of the dynamic provider of `GatewayAddresses`, loaded by its shim in the provider process. */

async function create(inputs: Inputs): Promise<pulumi.dynamic.CreateResult<State>> {
  return { id: `${inputs.namespace}/${inputs.service}`, outs: await observe(inputs) };
}

async function update(_id: string, _olds: State, news: Inputs): Promise<pulumi.dynamic.UpdateResult<State>> {
  return { outs: await observe(news) };
}

/** Looks once, without waiting. */
async function read(id: string, state: State): Promise<pulumi.dynamic.ReadResult<State>> {
  const sighting = await sightGateway(await ClusterClient.connect(state.kubeconfig), state);
  return { id, props: { ...state, addresses: "addresses" in sighting ? sighting.addresses : [] } };
}

/** Nothing was made, so there is nothing to take away. */
async function remove(): Promise<void> {}

async function observe(inputs: Inputs): Promise<State> {
  endWithEngine();
  const { kubeconfig, namespace, service, type, port, timeoutSeconds } = inputs;
  const client = await ClusterClient.connect(kubeconfig);
  const addresses = await awaitAddresses(
    () => sightGateway(client, inputs),
    timeoutSeconds,
    (missing) => {
      console.warn(
        `gateway ${namespace}/${service}: ${missing} after ${timeoutSeconds} s. ` +
          "Peers wait until there is one: run `pulumi up` again then.",
      );
    },
  );
  return { kubeconfig, namespace, service, type, port, addresses };
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
