import { type Fault, pathOf } from "../core/fault.ts";
import {
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
 * An entry that names a host of ours is a fault: Istio would send calls to the older of the two. A wildcard that holds it is a warning, as Istio
 * prefers the name in full, so that callers who went by the wildcard come to the peer.
 * @returns one of each for every two that meet, in order.
 */
export function foreignHostFindings(conflicts: readonly HostConflict[]): {
  faults: Fault[];
  warnings: Fault[];
} {
  const all = sortedConflicts(conflicts);
  const faults = all.filter(({ wildcard }) => wildcard === undefined);
  const warnings = all.filter(({ wildcard }) => wildcard !== undefined);
  return { faults: faults.map(taken), warnings: warnings.map(held) };
}

/**
 * Compares the names to be registered with the ServiceEntries of others. (No Service of this cluster can have one: theirs lie in our cluster
 * domain, where no name of a peer's may be.)
 */
export function checkForeignHosts(
  { config, snapshot, findings }: PlanContext,
  peers: Readonly<Record<string, Registration>>,
): void {
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
  if (wanted.size === 0) return;
  const entries = optional(
    snapshot.cluster.serviceEntries,
    [],
    "ServiceEntries of others have names that are imported",
    findings,
  );
  const { faults, warnings } = foreignHostFindings(
    entries.flatMap((entry) => conflictsOf(entry, wanted, IMPORT_NAMESPACE)),
  );
  findings.fault(...faults);
  findings.warnOf(warnings, "names that lie in wildcards of others");
}

function taken({ peer, host, entry }: HostConflict): Fault {
  return {
    path: pathOf("peers", peer, "imports"),
    value: host,
    rule: `is a host of ServiceEntry ${entry.namespace}/${entry.name} too, ${ownerOf(entry)}`,
    remedy: "Delete that entry, remove the host from it, or skip this service by an import rule with 'skip'",
  };
}

function held({ peer, host, entry, wildcard }: HostConflict): Fault {
  return {
    path: pathOf("peers", peer, "imports"),
    value: host,
    rule: `lies in '${wildcard}' of ServiceEntry ${entry.namespace}/${entry.name}, ${ownerOf(entry)}, and is preferred to it where both are seen`,
    remedy: "Ask its owner whether that is meant, or have this one not imported by a rule with 'skip'",
  };
}
