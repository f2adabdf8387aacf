import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { KUBECONFIG_FIELD, NAMESPACE_FIELD, checkFields } from "../checkFields.ts";
import type { Inputs, State } from "./inputs.ts";

const FIELDS = {
  kubeconfig: KUBECONFIG_FIELD,
  namespace: NAMESPACE_FIELD,
  found: z.record(z.string(), z.strictObject({ entries: z.int().min(1), newest: z.string() })),
};

/** Validates the inputs. */
export function check(_olds: Partial<Inputs>, news: Inputs): pulumi.dynamic.CheckResult<Inputs> {
  return { inputs: news, failures: checkFields(FIELDS, { ...news }) };
}

/**
 * There is something to do when something was found, and it is not what the last update removed: a refresh asks about those
 * very inputs once more. Nothing found is no change, wherever the cluster is: nothing in the state is bound to it.
 */
export function diff(olds: State, { found }: Inputs): pulumi.dynamic.DiffResult {
  return { changes: Object.keys(found).length > 0 && !isDeepStrictEqual(found, olds.removed) };
}
