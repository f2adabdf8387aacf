import type { PeerConfig } from "../federation/config/peers.ts";
import { faultsOfAll } from "./faultsOfAll.ts";
import { surveyHosts } from "./hostConflicts.ts";
import { surveyLocalServices } from "./localServices.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";
import { FaultsError } from "../federation/core/fault.ts";
import type { PeerView } from "../federation/imports/registration.ts";

/**
 * Looks whether others have the names under which services are to be registered, or those of their local Services.
 * @param peers what is to be registered of each.
 * @param settings of each, by the config.
 * @returns warnings, a sentence each; none where there is no cluster to ask.
 * @throws FaultsError naming all such objects of others and whose they are.
 */
export async function surveyImportNames(
  cluster: SurveyedCluster,
  peers: Readonly<Record<string, PeerView>>,
  settings: Readonly<Record<string, PeerConfig>>,
): Promise<string[]> {
  const questions = [surveyHosts(cluster, peers, settings), surveyLocalServices(cluster, peers)];
  const faults = await faultsOfAll(questions);
  if (faults.length > 0) throw new FaultsError("names of imported services", faults);
  return (await Promise.all(questions)).flat();
}
