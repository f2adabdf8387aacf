import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { GatewayServiceFields } from "../federation/config/gatewayService.ts";
import type { GatewayAddress } from "../federation/core/address.ts";
import { DNS_LABEL } from "../federation/core/names.ts";
import { ClusterClient } from "../kubernetes/client.ts";
import { type GatewayStatus, readGatewayStatus } from "../kubernetes/gatewayService.ts";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";
import { DynamicResource } from "./dynamicResource.ts";
import {
  KUBECONFIG_FIELD,
  NAMESPACE_FIELD,
  checkFields,
  containsUnknown,
  domainText,
} from "./inputChecks.ts";

/** Arguments of `GatewayAddresses`. */
export interface GatewayAddressesArgs {
  /** The cluster to ask. */
  kubeconfig: KubeconfigName;
  /** Namespace of the gateway's Service. */
  namespace: pulumi.Input<string>;
  /** Name of the gateway's Service. */
  service: string;
  /** Fields and annotations that the config gives the Service: with other ones it has other addresses. */
  settings: Partial<Omit<GatewayServiceFields, "labels">>;
  /** Port of the gateway's Pods, e.g. 15443: the Service leads to it. */
  port: number;
  /** Longest wait of `pulumi up` for a first address, in seconds. */
  timeoutSeconds: number;
  /**
   * Addresses that the program read when it started, so that a preview shows an update when they differ from the state. Absent
   * when the cluster could not be read: the state then stands.
   */
  observed?: GatewayAddress[] | undefined;
}

/**
 * The addresses at which the gateway's Service is reached from outside: its load balancer's, or the nodes' with type
 * NodePort. None within the time allowed is a warning and an empty list: the cluster's peers then wait.
 */
export class GatewayAddresses extends DynamicResource {
  /** Sorted; empty while there is none. */
  declare readonly addresses: pulumi.Output<GatewayAddress[]>;

  constructor(name: string, args: GatewayAddressesArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "./providers/gatewayAddresses.ts",
      "GatewayAddresses",
      name,
      { ...args, addresses: undefined },
      opts,
    );
  }
}

/** Inputs as `check` passes them. */
type Inputs = pulumi.Unwrap<GatewayAddressesArgs>;

/** Outputs: the addresses, and what `diff` and `read` need. */
interface State extends Omit<Inputs, "timeoutSeconds" | "observed"> {
  addresses: GatewayAddress[];
}

/** `observed` comes from the cluster itself. */
const FIELDS = {
  kubeconfig: KUBECONFIG_FIELD,
  namespace: NAMESPACE_FIELD,
  service: domainText(DNS_LABEL),
  settings: z.record(z.string(), z.unknown()),
  port: z.int().min(1).max(65535),
  timeoutSeconds: z.number().min(0),
};

/**
 * Compares the state with what the program read, without asking the cluster. Nothing read is no change, so a stack whose
 * load balancer has no address yet previews without one. What was read before an update of the Service does not count after it, so a
 * change of the Service's settings is a change in any case. The timeout only matters while waiting.
 */
function diff(olds: State, news: Inputs): pulumi.dynamic.DiffResult {
  const replaces = (["namespace", "service"] as const).filter(
    (field) => !containsUnknown(news[field]) && news[field] !== olds[field],
  );
  const { kubeconfig, settings, port, observed } = news;
  const changes =
    replaces.length > 0 ||
    containsUnknown(news) ||
    !isDeepStrictEqual({ ...settings }, { ...olds.settings }) ||
    port !== olds.port ||
    !isDeepStrictEqual({ ...kubeconfig }, { ...olds.kubeconfig }) ||
    (observed !== undefined && !isDeepStrictEqual(observed, olds.addresses));
  return { changes, replaces };
}

async function observe(inputs: Inputs): Promise<State> {
  const { kubeconfig, namespace, service, settings, port, timeoutSeconds } = inputs;
  const client = await ClusterClient.connect(kubeconfig);
  const gateway = `gateway ${namespace}/${service}`;
  const status = await awaitAddresses(gateway, () => readGatewayStatus(client, inputs), timeoutSeconds);
  if ("missing" in status) {
    console.warn(
      `${gateway}: ${status.missing} after ${timeoutSeconds} s. ` +
        "Peers wait until there is one: run `pulumi up` again then.",
    );
  }
  const addresses = "addresses" in status ? status.addresses : [];
  return { kubeconfig, namespace, service, settings, port, addresses };
}

/** Pause between two reads, in milliseconds. */
const INTERVAL = 2000;

/** Reads from one line of progress to the next: one in 10 s. */
const READS_PER_LINE = 5;

/**
 * Reads until there is an address, but at least once. Logs what it waits for, as a load balancer may take minutes.
 * @param gateway name in the log.
 * @returns what is missing when the time is over.
 */
async function awaitAddresses(
  gateway: string,
  readStatus: () => Promise<GatewayStatus>,
  timeoutSeconds: number,
): Promise<GatewayStatus> {
  const end = Date.now() + timeoutSeconds * 1000;
  for (let reads = 0; ; reads++) {
    const status = await readStatus();
    const left = end - Date.now();
    if ("addresses" in status || left <= 0) return status;
    if (reads % READS_PER_LINE === 0)
      console.info(`${gateway}: ${status.missing} yet; waits for up to ${Math.ceil(left / 1000)} s more`);
    await sleep(Math.min(INTERVAL, left));
  }
}

/** Reads once, without waiting. */
async function read(id: string, state: State): Promise<pulumi.dynamic.ReadResult<State>> {
  const status = await readGatewayStatus(await ClusterClient.connect(state.kubeconfig), state);
  return { id, props: { ...state, addresses: "addresses" in status ? status.addresses : [] } };
}

export const provider = {
  check: (_olds: object, news) =>
    Promise.resolve({ inputs: news, failures: checkFields(FIELDS, { ...news }) }),
  diff: (_id, olds, news) => Promise.resolve(diff(olds, news)),
  create: async (inputs) => ({ id: `${inputs.namespace}/${inputs.service}`, outs: await observe(inputs) }),
  update: async (_id, _olds, news) => ({ outs: await observe(news) }),
  read: (id, state) => read(id, state as State),
  // Nothing was made.
  delete: () => Promise.resolve(),
} satisfies pulumi.dynamic.ResourceProvider<Inputs, State>;
