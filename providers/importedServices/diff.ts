import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { changeBetween } from "../../federation/core/order.ts";
import { containsUnknown } from "../inputChecks.ts";
import { type ImportTexts, type Inputs, type State, UNFINISHED, digest, idOf } from "./inputs.ts";

/**
 * Compares what the last update left with the new inputs, without a request.
 *
 * Another namespace or peer replaces the resource, as its objects are found by these. Where only the peer's name changes, the
 * objects keep their names, so the old ones are deleted first; in another namespace the new ones are created first. A kubeconfig is
 * only a name for the cluster, so a new one is an update that finds nothing to do.
 *
 * @returns `changes` undefined where the inputs differ: the engine then compares them itself, and its preview shows what
 *   differs. With a plain `true` it would show all services, also the thousands that stay as they are.
 */
export function diff(olds: State, news: Inputs): pulumi.dynamic.DiffResult {
  const replaces = (["namespace", "peer"] as const).filter(
    (field) => !containsUnknown(news[field]) && news[field] !== olds[field],
  );
  const deleteBeforeReplace = replaces.includes("peer") && !replaces.includes("namespace");
  if (containsUnknown(news) || olds.servicesDigest === UNFINISHED) {
    return { changes: true, replaces, deleteBeforeReplace };
  }
  const isSame =
    hasSameSettings(olds, news) &&
    olds.braked === news.braked &&
    olds.servicesDigest === digest(news.services);
  if (replaces.length === 0 && isSame) return { changes: false };
  return { replaces, deleteBeforeReplace };
}

/** Whether all that every object of the peer depends on is the same. */
function hasSameSettings(olds: State, news: Inputs): boolean {
  return (["kubeconfig", "exportTo", "gateways", "otherGateways"] as const).every((field) =>
    isDeepStrictEqual(plain(olds[field]), plain(news[field])),
  );
}

/** A value without the prototypes that the SDK's maps have. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** Most hosts that an update reads one by one; for more, one list is faster. */
const HOSTS_LIMIT = 50;

/** The only hosts that an update has to read. */
export interface ChangedHosts {
  readonly hosts: readonly string[];
  /** Services of the last update. */
  readonly before: ImportTexts;
}

/**
 * Services of the last update, by the resource's id, as `check` was given them: an update itself is given the outputs only, which hold
 * them as a digest. The engine calls both in one process; where it does not, an update reads everything.
 */
const lastServices = new Map<string, ImportTexts>();

/** Remembers the inputs of the last update, or what a refresh found; empty before the first update. */
export function remember({ namespace, peer, services }: Partial<Inputs>): void {
  if (namespace === undefined || peer === undefined || services === undefined) return;
  lastServices.set(idOf({ namespace, peer }), services);
}

/**
 * Finds the hosts that an update changes, by what the last one left. Other changes in the cluster are for a refresh to find.
 * @returns undefined when they are too many, or not known.
 */
export function changedHosts(id: string, olds: State, news: Inputs): ChangedHosts | undefined {
  const before = lastServices.get(id);
  if (before === undefined || digest(before) !== olds.servicesDigest) return undefined;
  if (!hasSameSettings(olds, news)) return undefined;
  const { added, changed, removed } = changeBetween(before, news.services);
  const hosts = [...added, ...changed, ...removed];
  return hosts.length <= HOSTS_LIMIT ? { hosts, before } : undefined;
}
