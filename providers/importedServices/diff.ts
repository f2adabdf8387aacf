import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { containsUnknown } from "../inputChecks.ts";
import { type Inputs, type State, UNFINISHED, digest } from "./inputs.ts";

/**
 * Compares what the last update left with what is asked for, without asking the cluster.
 *
 * Replaced is what has another namespace or peer, as these are what its entries are found by. Where only the peer's name
 * changes the entries have the same names, so the old ones go first; in another namespace the new ones come first. The
 * kubeconfig is only a name for the cluster, so a new one is an update which finds nothing to do.
 *
 * @returns `changes` undefined where the inputs differ: the engine then compares them itself, and its preview lists what
 *   differs. Of a plain `true` it would list all services, thousands that stay as they are among them.
 */
export function diff(olds: State, news: Inputs): pulumi.dynamic.DiffResult {
  const replaces = (["namespace", "peer"] as const).filter(
    (field) => !containsUnknown(news[field]) && news[field] !== olds[field],
  );
  const deleteBeforeReplace = replaces.includes("peer") && !replaces.includes("namespace");
  if (containsUnknown(news) || olds.servicesDigest === UNFINISHED) {
    return { changes: true, replaces, deleteBeforeReplace };
  }
  if (replaces.length === 0 && !differs(olds, news)) return { changes: false };
  return { replaces, deleteBeforeReplace };
}

function differs(olds: State, news: Inputs): boolean {
  return (
    !isDeepStrictEqual({ ...olds.kubeconfig }, { ...news.kubeconfig }) ||
    !isDeepStrictEqual(olds.exportTo, news.exportTo) ||
    !isDeepStrictEqual(olds.gateways, news.gateways) ||
    !isDeepStrictEqual({ ...olds.otherGateways }, { ...news.otherGateways }) ||
    olds.servicesDigest !== digest(news.services)
  );
}
