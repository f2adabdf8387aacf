import { sortedUnique } from "../../federation/core/order.ts";
import { type ImportKind, LOCAL_KINDS } from "../../federation/imports/importObjects.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import type { KubernetesObject } from "../../kubernetes/kinds.ts";
import { type Comparison, type Declared, declare } from "./comparison.ts";
import { differences } from "./drift.ts";
import type { Few } from "./fewHosts.ts";
import type { Inputs } from "./inputs.ts";
import { declares, hostFinder, localServiceOf, nameOf } from "./names.ts";
import { type LiveObject, RESOURCES, tellsOfRule } from "./objects.ts";
import { describeOwner, isOurs, isSiblings, sighted } from "./ownership.ts";

/** An object to look at, and the host that it is for. */
interface Target {
  readonly host: string;
  readonly name: string;
}

/**
 * Looks what is there of a few hosts, each looked at by itself; for what not every service has only where there is, was or seems to be one.
 * @throws ClusterError when the cluster cannot be read.
 */
export async function compareFew(
  client: ClusterClient,
  inputs: Inputs,
  { hosts, before }: Few,
): Promise<Comparison[]> {
  const { namespace, services } = inputs;
  const declared = declare(inputs);
  const look = (kind: ImportKind, targets: readonly Target[]): Promise<(LiveObject | undefined)[]> =>
    Promise.all(targets.map(({ name }) => client.get<LiveObject>(RESOURCES[kind], namespace, name)));
  const all = hosts.map((host) => ({ host, name: host }));
  const entries = await look("ServiceEntry", all);
  const ruled = all.filter(({ host }, index) => {
    const entry = entries[index];
    const isDeclared = [services, before].some((lines) => declares(lines, "DestinationRule", host));
    return isDeclared || (entry !== undefined && tellsOfRule(entry));
  });
  const local = hosts.flatMap((host, index): Target[] => {
    const entry = entries[index];
    const told = entry === undefined ? undefined : localServiceOf(entry);
    const names = [told, ...[services, before].map((lines) => nameOf(lines, "Service", host))];
    return sortedUnique(names.filter((name) => name !== undefined)).map((name) => ({ host, name }));
  });
  const others = [
    { kind: "DestinationRule" as const, targets: ruled },
    ...LOCAL_KINDS.map((kind) => ({ kind, targets: local })),
  ].filter(({ targets }) => targets.length > 0);
  const compared = others.map(async ({ kind, targets }) =>
    judge(declared, kind, targets, await look(kind, targets)),
  );
  return [judge(declared, "ServiceEntry", all, entries), ...(await Promise.all(compared))];
}

function judge(
  { inputs: { peer, services, siblings }, objectOf }: Declared,
  kind: ImportKind,
  targets: readonly Target[],
  found: readonly (LiveObject | undefined)[],
): Comparison {
  const hostNamed = hostFinder(services, kind);
  const changed: string[] = [];
  const missing: string[] = [];
  const withdrawn: KubernetesObject[] = [];
  const taken = new Map<string, string>();
  for (const [index, target] of targets.entries()) {
    const live = found[index];
    // Another one's by now, which then is among the few too.
    const host = hostNamed(target.name) ?? target.host;
    const object = nameOf(services, kind, host) === target.name ? objectOf(host, kind) : undefined;
    if (live === undefined) {
      if (object !== undefined) missing.push(host);
    } else if (!isOurs(live, peer)) {
      if (object === undefined) continue;
      if (isSiblings(live, host, siblings)) changed.push(host);
      else taken.set(host, describeOwner(live, siblings));
    } else if (object === undefined) withdrawn.push(sighted(live));
    else if (differences(live, object).length > 0) changed.push(host);
  }
  return { kind, changed, missing, withdrawn, taken };
}
