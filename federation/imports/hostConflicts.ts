import { type Fault, describeFaults, pathOf } from "../core/fault.ts";
import {
  type ForeignEntry,
  type HostConflict,
  type WantedHost,
  conflictsOf,
  ownerOf,
  sortedConflicts,
} from "../core/hostConflict.ts";
import { ownValue } from "../core/order.ts";
import { IMPORT_NAMESPACE } from "../core/wellKnown.ts";
import type { PlanContext } from "../plan.ts";
import { optional } from "../snapshot.ts";
import { visibleTo } from "./import.ts";
import type { Registration } from "./registration.ts";

/**
 * Formats conflicts of imports with foreign entries. An entry with a host of ours is an error: Istio would send calls to the older of the two.
 * A wildcard that matches it is a warning: Istio prefers the complete name, so calls by the wildcard go to the peer from then on.
 */
export function foreignHostFindings(conflicts: readonly HostConflict[]): {
  faults: Fault[];
  warnings: Fault[];
} {
  const all = sortedConflicts(conflicts);
  return {
    faults: all.filter(({ wildcard }) => wildcard === undefined).map(toFault),
    warnings: all.filter(({ wildcard }) => wildcard !== undefined).map(toFault),
  };
}

/**
 * Compares the hosts to be registered with the ServiceEntries of others. No Service of this cluster can have one of these hosts: its host is
 * in our cluster domain, which no peer may use.
 * @returns the hosts that others have: what is registered of these stays.
 */
export function checkForeignHosts(
  { config, snapshot, findings }: PlanContext,
  peers: Readonly<Record<string, Registration>>,
): string[] {
  // A pending peer's services are registered already.
  const wanted = new Map(
    Object.values(peers).flatMap(({ peer, services }) => {
      const usual = ownValue(config.peers, peer)?.exportTo ?? ["*"];
      return Object.entries(services).map(([host, service]): [string, WantedHost] => [
        host,
        { peer, exportTo: visibleTo(service, usual) },
      ]);
    }),
  );
  if (wanted.size === 0) return [];
  const entries = optional(
    snapshot.cluster.serviceEntries,
    [],
    "ServiceEntries of others have names that are imported",
    findings,
  );
  const { faults, warnings } = foreignHostFindings(
    entries.flatMap((entry) => conflictsOf(entry, wanted, IMPORT_NAMESPACE)),
  );
  const names = new Set(faults.map(({ value }) => value));
  const found = [
    ...faults,
    ...entries.flatMap((entry) => {
      const { namespace, name } = entry;
      const peer = namespace === IMPORT_NAMESPACE && !names.has(name) ? wanted.get(name)?.peer : undefined;
      return peer === undefined ? [] : [takenName(entry, peer)];
    }),
  ];
  findings.error(...describeFaults(found, "imports whose host or name somebody else has"));
  findings.warnOf(warnings, "names that lie in wildcards of others");
  return found.map(({ value }) => String(value));
}

/** Returns the fault of a foreign entry that has the name of ours, and other hosts. */
function takenName(entry: ForeignEntry, peer: string): Fault {
  const { namespace, name } = entry;
  return {
    path: pathOf("peers", peer, "imports"),
    value: name,
    rule: `is the name of ServiceEntry ${namespace}/${name}, ${ownerOf(entry)}, so this service cannot be registered`,
    remedy: `Delete that entry (\`kubectl delete serviceentry ${name} -n ${namespace}\`), ${OR_SKIP}`,
  };
}

const OR_SKIP = "or skip this service by an import rule with 'skip'";

function toFault({ peer, host, entry, wildcard }: HostConflict): Fault {
  const object = `ServiceEntry ${entry.namespace}/${entry.name}`;
  const [rule, remedy] =
    wildcard === undefined
      ? [`is a host of ${object} too, ${ownerOf(entry)}`, "Delete that entry, remove the host from it"]
      : [
          `lies in '${wildcard}' of ${object}, ${ownerOf(entry)}, and is preferred to it where both are seen`,
          "Ask its owner whether that is meant",
        ];
  const path = pathOf("peers", peer, "imports");
  return { path, value: host, rule, remedy: `${remedy}, ${OR_SKIP}` };
}
