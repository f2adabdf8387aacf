import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { checkServerIdentity, createSecureContext } from "node:tls";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { NotifyTarget } from "../federation/config/notify.ts";
import { messageOf } from "../federation/core/text.ts";
import { ClusterClient, editObject } from "../kubernetes/client.ts";
import { machineRoots, openConnections, withinDeadline } from "../kubernetes/connections.ts";
import { OPERATOR_STACK, type KubernetesObject } from "../kubernetes/kinds.ts";
import { selectProxy } from "../kubernetes/proxy.ts";
import { DynamicResource } from "./dynamicResource.ts";
import { checkFields, containsUnknown } from "./inputChecks.ts";

/** A contract as its readers tell it from another. */
interface NewContract {
  /** Name of the cluster. */
  cluster: string;
  revision: number;
  /** SHA-256 of its content, hexadecimal. */
  digest: string;
}

/** Arguments of `ContractNotification`. */
export interface ContractNotificationArgs {
  target: NotifyTarget;
  contract: pulumi.Input<NewContract>;
}

/** Tells one place of each new contract, once: the same digest is no news, so clusters that import from each other come to rest. */
export class ContractNotification extends DynamicResource {
  constructor(name: string, args: ContractNotificationArgs, opts?: pulumi.CustomResourceOptions) {
    super("./providers/contractNotification.ts", "ContractNotification", name, { ...args }, opts);
  }
}

/** Inputs as `check` passes them, and the state: what was told last. */
interface Told {
  target: NotifyTarget;
  contract: NewContract;
}

const FIELDS = {
  target: z.record(z.string(), z.unknown()),
  contract: z.object({ cluster: z.string(), revision: z.number(), digest: z.string() }),
};

/** For the engine to save the outputs of the stack, which the notified read: it does so while this resource is created. */
const SAVING_MILLISECONDS = 2_000;

/** Longest wait for an answer, in milliseconds. */
const DEADLINE = 10_000;

/** Further attempts after one that failed. */
const RETRIES = 2;

/** Annotation whose new value makes the operator run a Stack at once: https://www.pulumi.com/docs/iac/guides/continuous-delivery/pulumi-kubernetes-operator/ */
const REQUEST = "pulumi.com/reconciliation-request";

async function tellOnceSaved(told: Told): Promise<Told> {
  await sleep(SAVING_MILLISECONDS);
  await tell(told);
  return told;
}

/** Tells a place at once. @throws Error when it was not told; it quotes no secret. */
export async function tell({ target, contract }: Told): Promise<void> {
  const { operatorStack, repository, url } = target;
  if (operatorStack !== undefined) await requestRun(operatorStack, contract);
  if (repository !== undefined) await dispatchEvent({ ...target, repository }, contract);
  if (url !== undefined) await callWebhook({ ...target, url }, contract);
}

async function requestRun(
  { namespace, name, ...kubeconfig }: NonNullable<NotifyTarget["operatorStack"]>,
  { digest }: NewContract,
): Promise<void> {
  const client = await ClusterClient.connect(kubeconfig);
  await editObject<KubernetesObject>(client, OPERATOR_STACK, { namespace, name }, (live) => {
    if (live === undefined)
      throw new Error(
        `Stack ${namespace}/${name} does not exist: correct notify, or create it (deploy/ has examples)`,
      );
    const { metadata } = live;
    if (metadata.annotations?.[REQUEST] === digest) return undefined;
    return {
      ...live,
      metadata: { ...metadata, annotations: { ...metadata.annotations, [REQUEST]: digest } },
    };
  });
}

/** See https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event. */
async function dispatchEvent(
  {
    repository,
    api = "https://api.github.com",
    tokenEnv = "GITHUB_TOKEN",
  }: NotifyTarget & { repository: string },
  contract: NewContract,
): Promise<void> {
  const headers = {
    accept: "application/vnd.github+json",
    authorization: `Bearer ${secretOf(tokenEnv)}`,
    "x-github-api-version": "2022-11-28",
  };
  const event = { event_type: "istio-federation-contract", client_payload: contract };
  await post(`${api.replace(/\/$/, "")}/repos/${repository}/dispatches`, headers, JSON.stringify(event));
}

async function callWebhook(
  { url, secretEnv }: NotifyTarget & { url: string },
  contract: NewContract,
): Promise<void> {
  const body = JSON.stringify(contract);
  const signature =
    secretEnv === undefined
      ? undefined
      : createHmac("sha256", secretOf(secretEnv)).update(body).digest("hex");
  await post(
    url,
    signature === undefined ? {} : { "x-istio-federation-signature-256": `sha256=${signature}` },
    body,
  );
}

function secretOf(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === "")
    throw new Error(
      `environment variable ${variable} is not set: set it where \`pulumi up\` runs, or correct notify`,
    );
  return value;
}

/** @throws Error after a refusal, which is not repeated, or when no attempt gets an answer; it quotes no secret. */
async function post(url: string, headers: Record<string, string>, body: string): Promise<void> {
  const { origin, pathname, search } = new URL(url);
  const { default: retry, AbortError } = await import("p-retry");
  const attempt = async (): Promise<void> => {
    const status = await withinDeadline(DEADLINE, async (signal) => {
      const tls = {
        secureContext: createSecureContext({ ca: machineRoots() }),
        rejectUnauthorized: true,
        checkServerIdentity,
      };
      const dispatcher = await openConnections(tls, selectProxy(new URL(url), ""));
      try {
        const { statusCode, body: answer } = await dispatcher.request({
          ...{ origin, path: pathname + search, method: "POST", body, signal },
          headers: { ...headers, "content-type": "application/json", "user-agent": "istio-federation" },
        });
        await answer.dump();
        return statusCode;
      } finally {
        dispatcher.destroy().catch(() => undefined);
      }
    });
    if (status >= 200 && status < 300) return;
    const refusal = new Error(`${origin}${pathname} answers ${status}`);
    throw status >= 500 || status === 429 ? refusal : new AbortError(refusal);
  };
  try {
    await retry(attempt, { retries: RETRIES, minTimeout: 1000 });
  } catch (error) {
    throw new Error(
      `${origin}${pathname} was not told of the new contract: ${messageOf(error)}. The contract is published; the next \`pulumi up\` tells it again`,
      { cause: error },
    );
  }
}

export const provider = {
  check: (_olds: object, news) =>
    Promise.resolve({ inputs: news, failures: checkFields(FIELDS, { ...news }) }),
  diff: (_id, olds, news) =>
    Promise.resolve({
      changes: containsUnknown(news.contract) || olds.contract.digest !== news.contract.digest,
    }),
  create: async (inputs) => ({ id: "contract-notification", outs: await tellOnceSaved(inputs) }),
  update: async (_id, _olds, news) => ({ outs: await tellOnceSaved(news) }),
  // What was told cannot be read back, nor taken back.
  read: (id, state) => Promise.resolve({ id, props: state as Told }),
  delete: () => Promise.resolve(),
} satisfies pulumi.dynamic.ResourceProvider<Told, Told>;
