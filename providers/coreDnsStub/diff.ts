import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { HOST_NAME } from "../../federation/core/names.ts";
import { KUBECONFIG_FIELD, NAMESPACE_FIELD, checkFields, text } from "../checkFields.ts";
import type { Inputs } from "./inputs.ts";

const FIELDS = {
  kubeconfig: KUBECONFIG_FIELD,
  namespace: NAMESPACE_FIELD,
  configMap: text(HOST_NAME),
  block: z.string(),
};

/** Validates the inputs. */
export function check(_olds: Partial<Inputs>, news: Inputs): pulumi.dynamic.CheckResult<Inputs> {
  return { inputs: news, failures: checkFields(FIELDS, { ...news }) };
}

/** Compares with what the last update left, without asking the cluster. The block of another ConfigMap goes once the new one is there. */
export function diff(olds: Inputs, news: Inputs): pulumi.dynamic.DiffResult {
  const replaces = (["namespace", "configMap"] as const).filter((field) => news[field] !== olds[field]);
  const changes =
    replaces.length > 0 ||
    news.block !== olds.block ||
    !isDeepStrictEqual({ ...news.kubeconfig }, { ...olds.kubeconfig });
  return { changes, replaces };
}
