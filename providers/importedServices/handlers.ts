import type * as pulumi from "@pulumi/pulumi";
import { ClusterClient } from "../../kubernetes/client.ts";
import { applyImports } from "./apply.ts";
import { check as checkInputs } from "./check.ts";
import { type ChangedHosts, changedHosts, diff as diffState, remember } from "./diff.ts";
import { type Inputs, type Request, type State, UNFINISHED, idOf, stateOf } from "./inputs.ts";
import { refreshImports } from "./refresh.ts";
import { removeImports } from "./remove.ts";
import { summarize, unfinished } from "./summary.ts";
import { saveMemory } from "../providerProcess.ts";
import { PartialFailure, firstFailures } from "../partialFailure.ts";

/** The methods of the dynamic provider of `ImportedServices`, loaded by its shim in the provider process. */

// As early as there is code of ours in this process.
saveMemory();

/** Validates, and logs what an update will do: the engine shows what a plugin prints as information. */
function check(olds: Partial<Inputs>, news: Request): pulumi.dynamic.CheckResult<Inputs> {
  const checked = checkInputs(olds, news);
  const { inputs, failures = [] } = checked;
  if (inputs !== undefined && failures.length === 0) log(summarize(olds, news, inputs));
  remember(olds);
  return { ...checked, failures };
}

/** Inputs as the SDK passes them, with the text by which it finds this provider. */
interface Shimmed {
  __provider?: string;
}

/** @param olds outputs of the last update. */
function diff(_id: string, olds: State, news: Inputs): pulumi.dynamic.DiffResult {
  const rest = unfinished(olds);
  if (rest !== undefined) log([rest]);
  return diffState(olds, news);
}

async function create(inputs: Inputs): Promise<pulumi.dynamic.CreateResult<State>> {
  return { id: idOf(inputs), outs: await converge(inputs) };
}

async function update(id: string, olds: State, news: Inputs): Promise<pulumi.dynamic.UpdateResult<State>> {
  return { outs: await converge(news, changedHosts(id, olds, news)) };
}

/** Reads what is really there, as inputs too, so that a refresh shows service by service what is not as declared. */
async function read(id: string, state: State): Promise<pulumi.dynamic.ReadResult> {
  const { kubeconfig, namespace, peer, exportTo, gateways, otherGateways, braked } = state;
  const client = await ClusterClient.connect(kubeconfig);
  const inputs: Inputs = {
    ...{ kubeconfig, namespace, peer, exportTo, gateways, otherGateways, braked },
    ...(await refreshImports(client, state)),
    siblings: [],
    handedOver: [],
  };
  return { id, props: stateOf(inputs), inputs };
}

async function remove(_id: string, state: State): Promise<void> {
  const client = await ClusterClient.connect(state.kubeconfig);
  const failures = await removeImports(client, state);
  if (failures.length > 0)
    throw new Error([`${what(state)} are not all deleted:`, ...firstFailures(failures)].join("\n  - "));
}

/** @param changed the only hosts to read. @default all of the peer's */
async function converge(inputs: Inputs & Shimmed, changed?: ChangedHosts): Promise<State> {
  const client = await ClusterClient.connect(inputs.kubeconfig);
  const { imported, failures } = await applyImports(client, inputs, changed);
  const state = stateOf(inputs);
  if (failures.length === 0) return state;
  // The SDK adds the shim to the outputs of a success only; without it the engine could not even delete the rest.
  const done = { ...state, servicesDigest: UNFINISHED, imported, __provider: inputs.__provider };
  throw new PartialFailure(idOf(inputs), done, what(inputs), failures);
}

function log(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function what({ namespace, peer }: Pick<Inputs, "namespace" | "peer">): string {
  return `services of peer ${peer} in namespace ${namespace}`;
}

/** The methods, typed as the engine calls them. */
export const provider = {
  check: (olds, news) => Promise.resolve(check(olds, news as unknown as Request)),
  diff: (id, olds, news) => Promise.resolve(diff(id, olds, news)),
  create,
  update,
  read: (id, state) => read(id, state as State),
  delete: remove,
} satisfies pulumi.dynamic.ResourceProvider<Inputs, State>;
