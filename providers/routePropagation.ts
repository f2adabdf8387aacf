import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type RouteTargets, hasNewTargets } from "../federation/traffic/routeTargets.ts";
import { DynamicResource } from "./dynamicResource.ts";
import { checkFields } from "./inputChecks.ts";

/** For istiod to send new hosts and subsets to the sidecars: "a few seconds", as Istio's docs say. */
const PROPAGATION_MILLISECONDS = 3_000;

/**
 * Waits until sidecars know the new targets of routes: one that has a route first answers 503. Comes after the targets and before the routes;
 * writes nothing to the cluster.
 */
export class RoutePropagation extends DynamicResource {
  constructor(name: string, targets: RouteTargets, opts?: pulumi.CustomResourceOptions) {
    super("./providers/routePropagation.ts", "RoutePropagation", name, { ...targets }, opts);
  }
}

const FIELDS = { destinations: z.array(z.string()), subsets: z.array(z.string()) };

function stateOf({ destinations, subsets }: RouteTargets): RouteTargets {
  return { destinations, subsets };
}

async function propagate(before: RouteTargets, after: RouteTargets): Promise<RouteTargets> {
  if (hasNewTargets(before, after)) await sleep(PROPAGATION_MILLISECONDS);
  return stateOf(after);
}

export const provider = {
  check: (_olds: object, news) =>
    Promise.resolve({ inputs: news, failures: checkFields(FIELDS, { ...news }) }),
  diff: (_id, olds, news) => Promise.resolve({ changes: !isDeepStrictEqual(stateOf(olds), stateOf(news)) }),
  create: async (inputs) => ({
    id: "route-propagation",
    outs: await propagate({ destinations: [], subsets: [] }, inputs),
  }),
  update: async (_id, olds, news) => ({ outs: await propagate(olds, news) }),
  // It is nowhere but in the state.
  read: (id, state) => Promise.resolve({ id, props: state as RouteTargets }),
  delete: () => Promise.resolve(),
} satisfies pulumi.dynamic.ResourceProvider<RouteTargets, RouteTargets>;
