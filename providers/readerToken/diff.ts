import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { DNS_LABEL, OBJECT_NAME } from "../../federation/core/names.ts";
import { isDue } from "../../federation/mesh/credential.ts";
import { KUBECONFIG_FIELD, NAMESPACE_FIELD, checkFields, containsUnknown, text } from "../checkFields.ts";
import type { Inputs, State } from "./inputs.ts";

const FIELDS = {
  kubeconfig: KUBECONFIG_FIELD,
  peer: text(DNS_LABEL),
  namespace: NAMESPACE_FIELD,
  // Of a peer whose name is a label's full length it is longer than one.
  serviceAccount: text(OBJECT_NAME),
  uid: z.string().min(1, "must be the uid of the ServiceAccount"),
  hours: z.int().min(1),
};

/** Validates the inputs: none of them is secret. */
export function check(_olds: Partial<Inputs>, news: Inputs): pulumi.dynamic.CheckResult<Inputs> {
  return { inputs: news, failures: checkFields(FIELDS, { ...news }) };
}

/**
 * Compares what the token in the state was made for with what is asked for, and looks at its life. Where the kubeconfig lies does
 * not count: the ServiceAccount's uid tells one cluster from another.
 * @param now a token of which half its life is over by then is a change.
 */
export function diff(olds: State, news: Inputs, now: Date): pulumi.dynamic.DiffResult {
  const { namespace, serviceAccount, uid, hours } = news;
  const asked = { namespace, serviceAccount, uid, hours };
  const made = {
    namespace: olds.namespace,
    serviceAccount: olds.serviceAccount,
    uid: olds.uid,
    hours: olds.hours,
  };
  return { changes: containsUnknown(asked) || !isDeepStrictEqual(asked, made) || isDue(olds, now) };
}
