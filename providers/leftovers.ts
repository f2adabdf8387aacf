import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { Leftover } from "../federation/imports/leftovers.ts";
import { ClusterClient } from "../kubernetes/client.ts";
import { ClusterError } from "../kubernetes/errors.ts";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";
import { DynamicResource } from "./dynamicResource.ts";
import { KUBECONFIG_FIELD, NAMESPACE_FIELD, checkFields } from "./inputChecks.ts";
import { PartialFailure } from "./partialFailure.ts";

/** Arguments of `Leftovers`. */
export interface LeftoversArgs {
  /** The cluster to clear. */
  kubeconfig: KubeconfigName;
  /** Namespace of the ServiceEntries. */
  namespace: pulumi.Input<string>;
  /**
   * Entries found there when the program started, by the peer's name. Exactly these peers' entries are removed, so that a preview
   * shows every removal. As a rule `{}`, and then there is nothing to do.
   */
  found: Record<string, Leftover>;
}

/**
 * Removes the entries that this program once wrote for peers that its stack neither names nor knows any more. Deleting the resource
 * itself changes nothing in the cluster.
 */
export class Leftovers extends DynamicResource {
  constructor(name: string, args: LeftoversArgs, opts?: pulumi.CustomResourceOptions) {
    super("./providers/leftovers.ts", "Leftovers", name, { ...args }, opts);
  }
}

/** Inputs as `check` passes them; the SDK adds the text by which it finds this provider. */
type Inputs = pulumi.Unwrap<LeftoversArgs> & { __provider?: string };

/** Outputs: what `diff` compares. */
interface State {
  /** Entries that the last update with something to do removed. */
  removed: Record<string, Leftover>;
}

const FIELDS = {
  kubeconfig: KUBECONFIG_FIELD,
  namespace: NAMESPACE_FIELD,
  found: z.record(z.string(), z.strictObject({ entries: z.int().min(1), newest: z.string() })),
};

/**
 * Something was found, and it is not what the last update removed: a refresh asks about the inputs of that update once more.
 * Nothing found is no change, whatever the kubeconfig: nothing in the state is bound to the cluster.
 */
function diff(olds: State, { found }: Inputs): pulumi.dynamic.DiffResult {
  return { changes: Object.keys(found).length > 0 && !isDeepStrictEqual(found, olds.removed) };
}

async function clear(id: string, inputs: Inputs): Promise<State> {
  if (Object.keys(inputs.found).length === 0) return { removed: {} };
  const failures = await removeEntries(inputs);
  if (failures.length === 0) return { removed: inputs.found };
  // The SDK adds the provider's text to the outputs of a success only; without it the engine could not call this provider again.
  const done = { removed: {}, __provider: inputs.__provider };
  throw new PartialFailure(id, done, `entries left behind in namespace ${inputs.namespace}`, failures);
}

/**
 * Removes the entries of these peers, each found by our labels and deleted only as it was seen.
 * @returns one sentence per entry, or per peer, that is not removed.
 * @throws ClusterError when the kubeconfig leads to no cluster.
 */
async function removeEntries({ kubeconfig, namespace, found }: Inputs): Promise<string[]> {
  const { removeImports } = await import("./importedServices/remove.ts");
  const client = await ClusterClient.connect(kubeconfig);
  const failures: string[] = [];
  let stopped = false;
  for (const peer of Object.keys(found)) {
    try {
      if (stopped) failures.push(`entries of peer ${peer}: not tried, as it would fail alike`);
      else failures.push(...(await removeImports(client, { namespace, peer })));
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      stopped = error.failure.general === true;
      failures.push(`entries of peer ${peer}: ${error.message}`);
    }
  }
  return failures;
}

export const provider = {
  check: (_olds: object, news) =>
    Promise.resolve({ inputs: news, failures: checkFields(FIELDS, { ...news }) }),
  diff: (_id, olds, news) => Promise.resolve(diff(olds, news)),
  create: async (inputs) => ({ id: inputs.namespace, outs: await clear(inputs.namespace, inputs) }),
  update: async (id, _olds, news) => ({ outs: await clear(id, news) }),
  // The program looks for entries itself, each time it starts.
  read: (id, state) => Promise.resolve({ id, props: state as State }),
  // With its stack the whole namespace is deleted. Where only this resource is, the entries belong to peers that stay.
  delete: () => Promise.resolve(),
} satisfies pulumi.dynamic.ResourceProvider<Inputs, State>;
