import { formatImporter } from "../contract/audience.ts";
import type { ContractImports, SeenHosts } from "../contract/imports.ts";
import { mapRecord, ownValue, sortedRecord, sortedUnique } from "../core/order.ts";
import type { PlanContext } from "../plan.ts";
import { visibleTo } from "./import.ts";
import type { Registration } from "./registration.ts";

/**
 * Lists what this cluster imports of each peer, for the peer's team to read in this cluster's contract. Of a peer that is not ready, whose
 * services stay registered as they are, what the last contract says. Deckhouse clusters read no contract.
 * @param registrations by the peer's name.
 */
export function publishedImports(
  registrations: Readonly<Record<string, Registration>>,
  { config, lastRun }: Pick<PlanContext, "config" | "lastRun">,
): ContractImports {
  const exporters = mapRecord(registrations, ({ contract, pinned }, peer) => {
    const { cluster = peer, trustDomain } = contract ?? pinned ?? {};
    const isReader = config.peers[peer]?.deckhouse === undefined;
    return isReader && trustDomain !== undefined ? formatImporter({ cluster, trustDomain }) : undefined;
  });
  const known = lastRun.contract?.imports ?? {};
  const seen = new Map(
    Object.entries(exporters).map(([peer, exporter]): [string, SeenHosts] => [
      exporter,
      registrations[peer]?.state === "ready" ? {} : { ...ownValue(known, exporter) },
    ]),
  );
  for (const [registering, { services }] of Object.entries(registrations)) {
    const usual = config.peers[registering]?.exportTo ?? ["*"];
    for (const [host, service] of Object.entries(services)) {
      const serving =
        service.servedBy.length === 0 ? [registering] : service.servedBy.map(({ peer }) => peer);
      for (const peer of serving) {
        const hosts = seen.get(ownValue(exporters, peer) ?? "");
        if (hosts === undefined) continue;
        const theirs = service.remoteHost ?? host;
        hosts[theirs] = sortedUnique([...(ownValue(hosts, theirs) ?? []), ...visibleTo(service, usual)]);
      }
    }
  }
  return sortedRecord([...seen].map(([exporter, hosts]) => [exporter, sortedRecord(Object.entries(hosts))]));
}
