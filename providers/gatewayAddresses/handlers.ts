/** The methods of the dynamic provider of `GatewayAddresses`, loaded by its shim in the provider process. */
import type * as pulumi from "@pulumi/pulumi";
import { ClusterClient } from "../cluster/clusterClient.ts";
import { sightGateway } from "../cluster/gatewayService.ts";
import { endWithEngine } from "../lifeline.ts";
import { awaitAddresses } from "./await.ts";
import { diff as diffState } from "./diff.ts";
import type { Inputs, State } from "./inputs.ts";

export { check } from "./diff.ts";

/** @param olds outputs of the last update. */
export function diff(_id: string, olds: State, news: Inputs): pulumi.dynamic.DiffResult {
  return diffState(olds, news);
}

export async function create(inputs: Inputs): Promise<pulumi.dynamic.CreateResult<State>> {
  return { id: `${inputs.namespace}/${inputs.service}`, outs: await observe(inputs) };
}

export async function update(
  _id: string,
  _olds: State,
  news: Inputs,
): Promise<pulumi.dynamic.UpdateResult<State>> {
  return { outs: await observe(news) };
}

/** Looks once, without waiting. */
export async function read(id: string, state: State): Promise<pulumi.dynamic.ReadResult<State>> {
  const sighting = await sightGateway(await ClusterClient.connect(state.kubeconfig), state);
  return { id, props: { ...state, addresses: "addresses" in sighting ? sighting.addresses : [] } };
}

/** Nothing was made, so there is nothing to take away. */
async function remove(): Promise<void> {}

export { remove as delete };

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
