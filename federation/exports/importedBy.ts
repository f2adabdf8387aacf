import * as z from "zod";
import { formatImporter } from "../contract/audience.ts";
import type { SeenHosts } from "../contract/imports.ts";
import { mapRecord, ownValue, sortedRecord, sortedUnique } from "../core/order.ts";
import type { Registration } from "../imports/registration.ts";
import type { PlanContext } from "../plan.ts";

/** Schema of {@link ImportedBy}. */
export const importedBySchema = z.record(z.string(), z.record(z.string(), z.array(z.string()))).default({});

/** Services of this cluster that peers import: {@link SeenHosts} by the peer's name, sorted. */
export type ImportedBy = Record<string, SeenHosts>;

/** Who imports the services of this cluster. */
export interface Importers {
  /** Peers that left the config with this update among them: what they import is taken from them. */
  byPeer: ImportedBy;
  /** Those of peers in the config, which the next update knows. */
  remembered: ImportedBy;
  /** Peers whose contracts do not say what they import, sorted. */
  silent: readonly string[];
}

/**
 * Reads from the contracts of peers what they import of this cluster. Of a peer whose contract cannot be read now, and of one that the
 * config does not name any more, what was known before.
 * @param registrations by the peer's name.
 */
export function findImporters(
  registrations: Readonly<Record<string, Registration>>,
  { config, lastRun }: Pick<PlanContext, "config" | "lastRun">,
): Importers {
  const { name: cluster, trustDomain } = config.cluster;
  const own = formatImporter({ cluster, trustDomain });
  const now = mapRecord(registrations, ({ contract }) =>
    contract?.imports === undefined ? undefined : (ownValue(contract.imports, own) ?? {}),
  );
  const byPeer = sortedRecord(Object.entries({ ...lastRun.__importedBy, ...now }));
  const remembered = mapRecord(byPeer, (hosts, peer) =>
    Object.hasOwn(config.peers, peer) ? hosts : undefined,
  );
  const silent = sortedUnique(Object.keys(config.peers)).filter((peer) => !Object.hasOwn(byPeer, peer));
  return { byPeer, remembered, silent };
}
