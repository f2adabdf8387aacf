/** The methods of the dynamic provider of `CoreDnsStub`, loaded by its shim in the provider process. */
import type * as pulumi from "@pulumi/pulumi";
import { stubIn, withStub, withoutStub } from "../../federation/corefile.ts";
import { ClusterClient } from "../cluster/clusterClient.ts";
import { endWithEngine } from "../lifeline.ts";
import { editCorefile, readCorefile } from "./corefile.ts";
import type { Inputs } from "./inputs.ts";

export { check, diff } from "./diff.ts";

export async function create(inputs: Inputs): Promise<pulumi.dynamic.CreateResult<Inputs>> {
  return { id: `${inputs.namespace}/${inputs.configMap}`, outs: await put(inputs) };
}

/** @param olds outputs of the last update. */
export async function update(
  _id: string,
  _olds: Inputs,
  news: Inputs,
): Promise<pulumi.dynamic.UpdateResult<Inputs>> {
  return { outs: await put(news) };
}

/** What is really between the markers, as input too, so that a refresh shows what somebody else changed there or took away. */
export async function read(
  id: string,
  state: Inputs,
): Promise<{ id: string; props: Inputs; inputs: Inputs }> {
  const corefile = await readCorefile(await ClusterClient.connect(state.kubeconfig), state);
  const { kubeconfig, namespace, configMap } = state;
  const found = { kubeconfig, namespace, configMap, block: stubIn(corefile ?? "") ?? "" };
  return { id, props: found, inputs: found };
}

/** Takes the block out again; where the Corefile is gone, so is the block. */
async function remove(_id: string, state: Inputs): Promise<void> {
  endWithEngine();
  const client = await ClusterClient.connect(state.kubeconfig);
  if (stubIn((await readCorefile(client, state)) ?? "") === undefined) return;
  await editCorefile(client, state, withoutStub);
}

export { remove as delete };

async function put({ kubeconfig, namespace, configMap, block }: Inputs): Promise<Inputs> {
  endWithEngine();
  const client = await ClusterClient.connect(kubeconfig);
  await editCorefile(client, { namespace, configMap }, (corefile) => withStub(corefile, block));
  return { kubeconfig, namespace, configMap, block };
}
