import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { hasNewTargets } from "../federation/traffic/routeTargets.ts";
import { DynamicResource } from "./dynamicResource.ts";
import { checkFields } from "./inputChecks.ts";

/** For istiod to send new hosts and subsets to the sidecars: "a few seconds", as Istio's docs say. */
const PROPAGATION_MILLISECONDS = 3_000;

/**
 * Waits until sidecars know the new targets of routes: one that has a route first answers 503. Comes after the targets and before the routes;
 * writes nothing to the cluster.
 */
export class RoutePropagation extends DynamicResource {
  constructor(name: string, targets: readonly string[], opts?: pulumi.CustomResourceOptions) {
    super("./providers/routePropagation.ts", "RoutePropagation", name, { targets }, opts);
  }
}

/** Inputs, and outputs: what `diff` compares. */
interface Targets {
  targets: readonly string[];
}

const FIELDS = { targets: z.array(z.string()) };

async function propagate(before: readonly string[], { targets }: Targets): Promise<Targets> {
  if (hasNewTargets(before, targets)) await sleep(PROPAGATION_MILLISECONDS);
  return { targets };
}

export const provider = {
  check: (_olds: object, news) =>
    Promise.resolve({ inputs: news, failures: checkFields(FIELDS, { ...news }) }),
  diff: (_id, olds, news) => Promise.resolve({ changes: !isDeepStrictEqual(olds.targets, news.targets) }),
  create: async (inputs) => ({ id: "route-propagation", outs: await propagate([], inputs) }),
  update: async (_id, olds, news) => ({ outs: await propagate(olds.targets, news) }),
  // It is nowhere but in the state.
  read: (id, state) => Promise.resolve({ id, props: state as Targets }),
  delete: () => Promise.resolve(),
} satisfies pulumi.dynamic.ResourceProvider<Targets, Targets>;
