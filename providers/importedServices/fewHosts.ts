import { isDeepStrictEqual } from "node:util";
import { changeBetween } from "../../federation/core/change.ts";
import type { Inputs, State } from "./inputs.ts";
import { recall } from "./lastKnown.ts";

/** So many entries are looked at one by one; of more the whole list comes sooner. */
const FEW = 50;

/** The only hosts to look at. */
export interface Few {
  readonly hosts: readonly string[];
  /** What was declared of the peer before, by host. */
  readonly before: Readonly<Record<string, string>>;
}

/**
 * Finds the only hosts at which an update has something to do, by what the last one left. What else is in the cluster is a refresh's
 * to look at.
 * @param id of the resource.
 * @returns undefined when they are too many, or not known.
 */
export function fewHosts(id: string, olds: State, news: Inputs): Few | undefined {
  const isSame = (["kubeconfig", "exportTo", "gateways", "otherGateways"] as const).every((field) =>
    isDeepStrictEqual(plain(olds[field]), plain(news[field])),
  );
  const before = isSame ? recall(id, olds) : undefined;
  if (before === undefined) return undefined;
  const { added, changed, removed } = changeBetween(before, news.services);
  const hosts = [...added, ...changed, ...removed];
  return hosts.length <= FEW ? { hosts, before } : undefined;
}

/** Without the prototype that the SDK's maps have. */
function plain(value: unknown): unknown {
  return typeof value === "object" && !Array.isArray(value) ? { ...value } : value;
}
