import { firstNames } from "../core/text.ts";
import { destinationsOf } from "./destinations.ts";
import { type Hosts, covers } from "./hosts.ts";
import type { DestinationRuleSpec, ServiceEntrySpec } from "./specs.ts";
import { type TrafficObject, formatObject, objectKey } from "./trafficObject.ts";
import { ofKind } from "./trafficRule.ts";

/** Objects to be written, with what they keep for one more update. */
export interface HeldTargets {
  objects: TrafficObject[];
  notes: string[];
}

/**
 * Keeps subsets of DestinationRules and hosts of ServiceEntries that the stack removes while a VirtualService in the cluster still routes to
 * them. DestinationRules are written before routes, so removing both in one update would lose the requests in between.
 * @param applied the stack's objects in the cluster.
 */
export function holdTargets(
  objects: readonly TrafficObject[],
  applied: readonly TrafficObject[],
  hosts: Pick<Hosts, "resolve">,
): HeldTargets {
  const declared = targetsOf(objects, hosts);
  const leaving = [...targetsOf(applied, hosts)].filter((target) => !declared.has(target));
  if (leaving.length === 0) return { objects: [...objects], notes: [] };
  const targets = new Set(leaving);
  const before = new Map(applied.map((object) => [objectKey(object), object]));
  const notes: string[] = [];
  const held = objects.map((object) => {
    const former = before.get(objectKey(object));
    const { spec, kept } = former === undefined ? UNCHANGED : withFormer(object, former, targets, hosts);
    if (kept.length === 0) return object;
    notes.push(
      `traffic: ${formatObject(object)} keeps ${firstNames(kept)} in this update, until its routes are changed; the next update removes it`,
    );
    return { ...object, spec: { ...object.spec, ...spec } };
  });
  return { objects: held, notes };
}

/** Fields of a spec that keep something, and the formatted names of what they keep. */
interface KeptFields {
  spec: DestinationRuleSpec | ServiceEntrySpec;
  kept: string[];
}

const UNCHANGED: KeptFields = { spec: {}, kept: [] };

function withFormer(
  object: TrafficObject,
  former: TrafficObject,
  targets: ReadonlySet<string>,
  hosts: Pick<Hosts, "resolve">,
): KeptFields {
  const [rule] = ofKind([object], "DestinationRule");
  const [formerRule] = ofKind([former], "DestinationRule");
  if (rule !== undefined && formerRule !== undefined) {
    const { host = "", subsets = [] } = rule.spec;
    const full = hosts.resolve(host, object.namespace);
    const names = subsets.map(({ name }) => name);
    const removed = (formerRule.spec.subsets ?? []).filter(({ name }) => !names.includes(name));
    const kept = removed.filter(({ name }) => targets.has(formatTarget(full, name)));
    return {
      spec: { subsets: [...subsets, ...kept] },
      kept: kept.map(({ name = "" }) => `subset ${name}`),
    };
  }
  const [entry] = ofKind([object], "ServiceEntry");
  const [formerEntry] = ofKind([former], "ServiceEntry");
  if (entry === undefined || formerEntry === undefined) return UNCHANGED;
  const { hosts: own = [] } = entry.spec;
  const removed = (formerEntry.spec.hosts ?? []).filter((host) => !own.includes(host));
  const kept = removed.filter((host) =>
    [...targets].some((target) => covers(host, target.split(" ")[0] ?? "")),
  );
  return { spec: { hosts: [...own, ...kept] }, kept: kept.map((host) => `host ${host}`) };
}

/** Hosts and subsets that VirtualServices route to. */
function targetsOf(objects: readonly TrafficObject[], hosts: Pick<Hosts, "resolve">): Set<string> {
  const targets = ofKind(objects, "VirtualService").flatMap(({ object, spec }) =>
    destinationsOf(spec).flatMap(({ destination: { host = "", subset } }) => {
      const full = hosts.resolve(host, object.namespace);
      return [formatTarget(full, undefined), formatTarget(full, subset)];
    }),
  );
  return new Set(targets);
}

function formatTarget(host: string, subset: string | undefined): string {
  return `${host} ${subset ?? ""}`;
}
