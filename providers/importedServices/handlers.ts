import type * as pulumi from "@pulumi/pulumi";
import { sortedRecord } from "../../federation/core/order.ts";
import { ClusterClient } from "../../kubernetes/client.ts";
import { applyImports } from "./apply.ts";
import { check as checkInputs } from "./check.ts";
import { diff as diffState } from "./diff.ts";
import { type Few, fewHosts } from "./fewHosts.ts";
import { type Inputs, type Request, type State, UNFINISHED, idOf, stateOf } from "./inputs.ts";
import { remember } from "./lastKnown.ts";
import { linesOf } from "./refresh.ts";
import { removeImports } from "./remove.ts";
import { summarize, unfinished } from "./summary.ts";
import { endWithEngine, saveMemory } from "../providerProcess.ts";
import { PartialFailure, firstFailures } from "../partialFailure.ts";

/** The methods of the dynamic provider of `ImportedServices`, loaded by its shim in the provider process. */

// As early as there is code of ours in this process.
saveMemory();

/** Validates, and says in words what an update will do. What a plugin prints reaches the user as information. */
function check(olds: Partial<Inputs>, news: Request): pulumi.dynamic.CheckResult<Inputs> {
  const { inputs = news, failures = [] } = checkInputs(olds, news);
  if (failures.length === 0) tell(summarize(olds, news, inputs));
  remember(olds);
  return { inputs, failures };
}

/** How the SDK hands inputs over: with the text by which this provider is found. */
interface Shimmed {
  __provider?: string;
}

/** @param olds outputs of the last update. */
function diff(_id: string, olds: State, news: Inputs): pulumi.dynamic.DiffResult {
  const rest = unfinished(olds);
  if (rest !== undefined) tell([rest]);
  return diffState(olds, news);
}

async function create(inputs: Inputs): Promise<pulumi.dynamic.CreateResult<State>> {
  return { id: idOf(inputs), outs: await converge(inputs) };
}

async function update(id: string, olds: State, news: Inputs): Promise<pulumi.dynamic.UpdateResult<State>> {
  return { outs: await converge(news, fewHosts(id, olds, news)) };
}

/** What is really there, as inputs too, so that a refresh shows service by service what is not as declared. */
async function read(id: string, state: State): Promise<pulumi.dynamic.ReadResult> {
  const { kubeconfig, namespace, peer, exportTo, gateways, otherGateways } = state;
  const client = await ClusterClient.connect(kubeconfig);
  const lines = await linesOf(client, state);
  const inputs = {
    ...{ kubeconfig, namespace, peer, exportTo, gateways },
    ...(otherGateways === undefined ? {} : { otherGateways }),
    services: sortedRecord(lines),
  };
  return { id, props: stateOf(inputs), inputs };
}

async function remove(_id: string, state: State): Promise<void> {
  endWithEngine();
  const client = await ClusterClient.connect(state.kubeconfig);
  const failures = await removeImports(client, state);
  if (failures.length > 0)
    throw new Error([`${what(state)} are not all deleted:`, ...firstFailures(failures)].join("\n  - "));
}

/** @param few the only hosts at which there may be something to do. @default all of the peer's */
async function converge(inputs: Inputs & Shimmed, few?: Few): Promise<State> {
  endWithEngine();
  const client = await ClusterClient.connect(inputs.kubeconfig);
  const { imported, failures } = await applyImports(client, inputs, few);
  const state = stateOf(inputs);
  if (failures.length === 0) return state;
  // The SDK adds the shim to the outputs of a success only; without it the engine could not even delete the rest.
  const done = { ...state, servicesDigest: UNFINISHED, imported, __provider: inputs.__provider };
  throw new PartialFailure(idOf(inputs), done, what(inputs), failures);
}

function tell(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function what({ namespace, peer }: Pick<Inputs, "namespace" | "peer">): string {
  return `services of peer ${peer} in namespace ${namespace}`;
}

/** The methods, typed as the engine calls them. */
export const provider = {
  check: (olds, news) => Promise.resolve(check(olds, news)),
  diff: (id, olds, news) => Promise.resolve(diff(id, olds, news)),
  create,
  update,
  read: (id, state) => read(id, state as State),
  delete: remove,
} satisfies pulumi.dynamic.ResourceProvider<Inputs, State>;
