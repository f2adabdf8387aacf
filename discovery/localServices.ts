import { ifPermitted } from "./permitted.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";
import { FaultsError, describeFaults } from "../federation/core/fault.ts";
import { OF_OTHERS } from "../federation/core/labels.ts";
import { IMPORT_NAMESPACE } from "../federation/core/wellKnown.ts";
import { takenServices } from "../federation/imports/localNames.ts";
import type { PeerView } from "../federation/imports/registration.ts";
import { SERVICE } from "../kubernetes/kinds.ts";

/**
 * Looks whether local Services of imported ones are to have names that Services of others have, with one list of these, of metadata only.
 * Where none is to be made, nobody is asked.
 * @returns warnings, a sentence each; none where there is no cluster to ask.
 * @throws FaultsError naming each such Service and whose it is. A cluster that does not let the user look (403) is a warning.
 */
export async function surveyLocalServices(
  cluster: SurveyedCluster,
  peers: Readonly<Record<string, PeerView>>,
): Promise<string[]> {
  const wanted = new Map(
    Object.entries(peers).flatMap(([peer, view]) =>
      view.state === "pending"
        ? []
        : Object.entries(view.imports.services).flatMap(([host, { localService }]) =>
            localService === undefined ? [] : [[localService, { peer, host }] as const],
          ),
    ),
  );
  if (wanted.size === 0) return [];
  const options = { namespace: IMPORT_NAMESPACE, labelSelector: OF_OTHERS, metadataOnly: true };
  const asked = await cluster.read((client) =>
    ifPermitted(
      client.list(SERVICE, options),
      [],
      "Services of others have names that local Services are to have",
    ),
  );
  if ("unreachable" in asked) return [];
  const faults = takenServices(
    asked.found.map(({ metadata: { name, labels = {} } }) => ({ name, labels })),
    wanted,
    IMPORT_NAMESPACE,
  );
  if (faults.length > 0) throw new FaultsError("local Services of imported ones", faults);
  return describeFaults(asked.refused, "rights");
}
