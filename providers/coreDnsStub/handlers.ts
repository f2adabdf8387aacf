import type * as pulumi from "@pulumi/pulumi";
import {
  globalBlockIn,
  obstacleIn,
  unclearIn,
  withGlobalBlock,
} from "../../federation/topology/globalBlock.ts";
import { ClusterClient } from "../../kubernetes/client.ts";
import { editCorefile, readCorefile } from "./corefile.ts";
import { check, diff } from "./diff.ts";
import type { Inputs } from "./inputs.ts";
import { endWithEngine } from "../lifeline.ts";

/** The methods of the dynamic provider of `CoreDnsStub`, loaded by its shim in the provider process. */

async function create(inputs: Inputs): Promise<pulumi.dynamic.CreateResult<Inputs>> {
  return { id: `${inputs.namespace}/${inputs.configMap}`, outs: await put(inputs) };
}

/** @param olds outputs of the last update. */
async function update(
  _id: string,
  _olds: Inputs,
  news: Inputs,
): Promise<pulumi.dynamic.UpdateResult<Inputs>> {
  return { outs: await put(news) };
}

/** What is really there of the block, as input too, so that a refresh shows what somebody else changed in it or took away. */
async function read(id: string, state: Inputs): Promise<pulumi.dynamic.ReadResult<Inputs>> {
  const corefile = await readCorefile(await ClusterClient.connect(state.kubeconfig), state);
  const { kubeconfig, namespace, configMap } = state;
  const found = { kubeconfig, namespace, configMap, block: globalBlockIn(corefile ?? "") ?? "" };
  return { id, props: found, inputs: found };
}

/**
 * Takes the block out again, whatever else is in the Corefile; where that is gone, so is the block.
 * @throws ClusterError when nobody can tell which lines are ours.
 */
async function remove(_id: string, state: Inputs): Promise<void> {
  endWithEngine();
  const client = await ClusterClient.connect(state.kubeconfig);
  if ((await readCorefile(client, state)) === undefined) return;
  await editCorefile(client, state, {
    obstacle: unclearIn,
    edit: (corefile) => withGlobalBlock(corefile, ""),
  });
}

async function put({ kubeconfig, namespace, configMap, block }: Inputs): Promise<Inputs> {
  endWithEngine();
  const client = await ClusterClient.connect(kubeconfig);
  const edit = {
    obstacle: (corefile: string) => obstacleIn(corefile, block),
    edit: (corefile: string) => withGlobalBlock(corefile, block),
  };
  await editCorefile(client, { namespace, configMap }, edit);
  return { kubeconfig, namespace, configMap, block };
}

/** The methods, typed as the engine calls them. */
export const provider = {
  check: (olds, news) => Promise.resolve(check(olds, news)),
  diff: (_id, olds, news) => Promise.resolve(diff(olds, news)),
  create,
  update,
  read: (id, state) => read(id, state as Inputs),
  delete: remove,
} satisfies pulumi.dynamic.ResourceProvider<Inputs, Inputs>;
