import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { DNS_LABEL } from "../../federation/core/names.ts";
import { KUBECONFIG_FIELD, NAMESPACE_FIELD, checkFields, containsUnknown, text } from "../checkFields.ts";
import type { Inputs, State } from "./inputs.ts";

const FIELDS = {
  kubeconfig: KUBECONFIG_FIELD,
  namespace: NAMESPACE_FIELD,
  service: text(DNS_LABEL),
  type: z.enum(["LoadBalancer", "NodePort", "ClusterIP"]),
  port: z.int().min(1).max(65535),
  timeoutSeconds: z.number().min(0),
};

/** Validates the inputs; `observed` comes from the cluster itself. */
export function check(_olds: Partial<Inputs>, news: Inputs): pulumi.dynamic.CheckResult<Inputs> {
  return { inputs: news, failures: checkFields(FIELDS, { ...news }) };
}

/**
 * Compares the state with what the program saw, without asking the cluster. Nothing seen is no change, so a stack whose
 * load balancer has no address yet previews quietly until it has one. The timeout only matters while waiting.
 */
export function diff(olds: State, news: Inputs): pulumi.dynamic.DiffResult {
  const replaces = (["namespace", "service"] as const).filter(
    (field) => !containsUnknown(news[field]) && news[field] !== olds[field],
  );
  const { kubeconfig, type, port, observed } = news;
  const changes =
    replaces.length > 0 ||
    containsUnknown(news) ||
    type !== olds.type ||
    port !== olds.port ||
    !isDeepStrictEqual({ ...kubeconfig }, { ...olds.kubeconfig }) ||
    (observed !== undefined && !isDeepStrictEqual(observed, olds.addresses));
  return { changes, replaces };
}
