import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { DNS_LABEL, OBJECT_NAME } from "../federation/core/names.ts";
import { utc } from "../federation/core/text.ts";
import { isCredentialDue, tokenLifeFault } from "../federation/mesh/credential.ts";
import { ClusterClient } from "../kubernetes/client.ts";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";
import { DynamicResource } from "./dynamicResource.ts";
import {
  KUBECONFIG_FIELD,
  NAMESPACE_FIELD,
  checkFields,
  containsUnknown,
  domainText,
} from "./inputChecks.ts";

/** Arguments of `ReaderToken`. */
export interface ReaderTokenArgs {
  /** The cluster to ask. */
  kubeconfig: KubeconfigName;
  /** Name of the peer that gets the token, for messages. */
  peer: string;
  /** Namespace of the ServiceAccount. */
  namespace: pulumi.Input<string>;
  /** Name of the ServiceAccount. */
  serviceAccount: pulumi.Input<string>;
  /** Its uid: tokens of a ServiceAccount that was deleted are not accepted for its successor. */
  uid: pulumi.Input<string>;
  /** Requested life of a token. */
  hours: number;
}

/**
 * A token by which a peer's istiod reads this cluster: bound to a ServiceAccount, with an end, and renewed by the first update after
 * half of its life. Nothing has to be revoked: API servers refuse the tokens of a ServiceAccount that is gone.
 */
export class ReaderToken extends DynamicResource {
  /** A secret. */
  declare readonly token: pulumi.Output<string>;
  /** Time of its issue, in UTC as `2026-11-21T10:28:15Z`. */
  declare readonly issued: pulumi.Output<string>;
  /** Time of its end, according to the API server. */
  declare readonly expires: pulumi.Output<string>;

  constructor(name: string, args: ReaderTokenArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, token: undefined, issued: undefined, expires: undefined };
    super("./providers/readerToken.ts", "ReaderToken", name, props, {
      ...opts,
      additionalSecretOutputs: ["token"],
    });
  }
}

/** Inputs as `check` passes them. */
type Inputs = pulumi.Unwrap<ReaderTokenArgs>;

/** Outputs: the token, and what `diff` compares. */
interface State extends Omit<Inputs, "peer"> {
  /** A secret output. */
  token: string;
  issued: string;
  expires: string;
}

const FIELDS = {
  kubeconfig: KUBECONFIG_FIELD,
  peer: domainText(DNS_LABEL),
  namespace: NAMESPACE_FIELD,
  // Longer than a label for a peer whose name has a label's full length.
  serviceAccount: domainText(OBJECT_NAME),
  uid: z.string().min(1, "must be the uid of the ServiceAccount"),
  hours: z.int().min(1),
};

/**
 * Compares what the token was issued for with the inputs; half of its life over is a change. The path of the kubeconfig does not
 * count: the ServiceAccount's uid distinguishes clusters.
 */
function diff(olds: State, news: Inputs): pulumi.dynamic.DiffResult {
  const subjectOf = ({ namespace, serviceAccount, uid, hours }: Omit<Inputs, "kubeconfig" | "peer">) => ({
    namespace,
    serviceAccount,
    uid,
    hours,
  });
  const asked = subjectOf(news);
  return {
    changes:
      containsUnknown(asked) ||
      !isDeepStrictEqual(asked, subjectOf(olds)) ||
      isCredentialDue(olds, new Date()),
  };
}

/** @throws ClusterError when the API server issues no token; Error when the token has another life than it may have. */
async function issue({ peer, ...inputs }: Inputs): Promise<State> {
  const { kubeconfig, namespace, serviceAccount, uid, hours } = inputs;
  const client = await ClusterClient.connect(kubeconfig);
  const { token, expires } = await client.requestToken(namespace, serviceAccount, hours * 3600);
  const now = new Date();
  const fault = tokenLifeFault(expires, hours, now);
  if (fault !== undefined) {
    throw new Error(`the token of ServiceAccount ${namespace}/${serviceAccount} for peer ${peer} ${fault}`);
  }
  return {
    kubeconfig,
    namespace,
    serviceAccount,
    uid,
    hours,
    token,
    issued: utc(now),
    expires: utc(expires),
  };
}

export const provider = {
  check: (_olds: object, news) =>
    Promise.resolve({ inputs: news, failures: checkFields(FIELDS, { ...news }) }),
  diff: (_id, olds, news) => Promise.resolve(diff(olds, news)),
  create: async (inputs) => ({
    id: `${inputs.namespace}/${inputs.serviceAccount}`,
    outs: await issue(inputs),
  }),
  // The last token is valid to its own end, so that the peer has time to take the new one.
  update: async (_id, _olds, news) => ({ outs: await issue(news) }),
  // Only the state holds the token: API servers keep none, and it ends with its ServiceAccount.
  read: (id, state) => Promise.resolve({ id, props: state as State }),
  delete: () => Promise.resolve(),
} satisfies pulumi.dynamic.ResourceProvider<Inputs, State>;
