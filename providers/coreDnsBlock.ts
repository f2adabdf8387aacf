import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { HOST_NAME } from "../federation/core/names.ts";
import { globalBlockIn, obstacleIn, unclearIn, withGlobalBlock } from "../federation/topology/globalBlock.ts";
import { ClusterClient } from "../kubernetes/client.ts";
import { editCorefile, readCorefile } from "../kubernetes/corefile.ts";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";
import { DynamicResource } from "./dynamicResource.ts";
import { KUBECONFIG_FIELD, NAMESPACE_FIELD, checkFields, domainText } from "./inputChecks.ts";

/** Arguments of `CoreDnsBlock`. */
export interface CoreDnsBlockArgs {
  /** The cluster to write to. */
  kubeconfig: KubeconfigName;
  /** Namespace of CoreDNS' ConfigMap. Another one moves the block. */
  namespace: string;
  /** Name of CoreDNS' ConfigMap. Another one moves the block. */
  configMap: string;
  /** The CoreDNS server block in our markers; a preview shows it. */
  block: string;
}

/**
 * A CoreDNS server block in the cluster's Corefile. The ConfigMap belongs to somebody else: the rest of the Corefile is never
 * touched.
 */
export class CoreDnsBlock extends DynamicResource {
  constructor(name: string, args: CoreDnsBlockArgs, opts?: pulumi.CustomResourceOptions) {
    super("./providers/coreDnsBlock.ts", "CoreDnsBlock", name, { ...args }, opts);
  }
}

/**
 * Inputs as `check` passes them, and outputs. After a refresh `block` is what is really there: empty for none, a sentence when
 * nobody can tell which lines are ours.
 */
type State = CoreDnsBlockArgs;

const FIELDS = {
  kubeconfig: KUBECONFIG_FIELD,
  namespace: NAMESPACE_FIELD,
  configMap: domainText(HOST_NAME),
  block: z.string(),
};

/** Compares inputs without asking the cluster. After a move the old block is removed once the new one is there. */
function diff(olds: State, news: State): pulumi.dynamic.DiffResult {
  const replaces = (["namespace", "configMap"] as const).filter((field) => news[field] !== olds[field]);
  const changes =
    replaces.length > 0 ||
    news.block !== olds.block ||
    !isDeepStrictEqual({ ...news.kubeconfig }, { ...olds.kubeconfig });
  return { changes, replaces };
}

async function put({ kubeconfig, namespace, configMap, block }: State): Promise<State> {
  const client = await ClusterClient.connect(kubeconfig);
  await editCorefile(
    client,
    { namespace, configMap },
    {
      obstacle: (corefile) => obstacleIn(corefile, block),
      edit: (corefile) => withGlobalBlock(corefile, block),
    },
  );
  return { kubeconfig, namespace, configMap, block };
}

/** Returns the block that is really there as input too, so that a refresh shows what somebody else changed or removed. */
async function read(
  id: string,
  { kubeconfig, namespace, configMap }: State,
): Promise<pulumi.dynamic.ReadResult<State>> {
  const { corefile } = await readCorefile(await ClusterClient.connect(kubeconfig), { namespace, configMap });
  const found = { kubeconfig, namespace, configMap, block: globalBlockIn(corefile ?? "") ?? "" };
  return { id, props: found, inputs: found };
}

/**
 * Removes the block, whatever else is in the Corefile; without a Corefile there is no block either.
 * @throws ClusterError when nobody can tell which lines are ours.
 */
async function remove(state: State): Promise<void> {
  const client = await ClusterClient.connect(state.kubeconfig);
  if ((await readCorefile(client, state)).corefile === undefined) return;
  await editCorefile(client, state, {
    obstacle: unclearIn,
    edit: (corefile) => withGlobalBlock(corefile, ""),
  });
}

export const provider = {
  check: (_olds: object, news) =>
    Promise.resolve({ inputs: news, failures: checkFields(FIELDS, { ...news }) }),
  diff: (_id, olds, news) => Promise.resolve(diff(olds, news)),
  create: async (inputs) => ({ id: `${inputs.namespace}/${inputs.configMap}`, outs: await put(inputs) }),
  update: async (_id, _olds, news) => ({ outs: await put(news) }),
  read: (id, state) => read(id, state as State),
  delete: (_id, state) => remove(state),
} satisfies pulumi.dynamic.ResourceProvider<State, State>;
