import type { TrafficConfig } from "../federation/config/traffic.ts";
import {
  PEER_LABEL,
  REMOTE_HOST_ANNOTATION,
  TERMINATED,
  TERMINATED_ANNOTATION,
} from "../federation/core/labels.ts";
import { IMPORT_NAMESPACE } from "../federation/core/wellKnown.ts";
import { toImport } from "../federation/imports/import.ts";
import type { ServiceEntrySpec } from "../federation/traffic/specs.ts";
import type { RegisteredHost } from "../federation/traffic/trafficTargets.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { SERVICE_ENTRY } from "../kubernetes/kinds.ts";
import type { IstioObject } from "./trafficObjects.ts";

/** Reads the hosts of peers, and the services of those that canaries name. */
export async function readRegisteredHosts(
  client: ClusterClient,
  canaries: TrafficConfig["canaries"],
): Promise<RegisteredHost[]> {
  const options = { namespace: IMPORT_NAMESPACE, labelSelector: PEER_LABEL, metadataOnly: true };
  const entries = await client.list(SERVICE_ENTRY, options);
  return Promise.all(
    entries.map(async ({ metadata: { name, labels = {} } }) => {
      const isNamed = canaries.some(({ to }) => to === name);
      const entry = isNamed
        ? await client.get<IstioObject>(SERVICE_ENTRY, IMPORT_NAMESPACE, name)
        : undefined;
      return { host: name, peer: labels[PEER_LABEL] ?? "", ...registeredService(entry) };
    }),
  );
}

/** Parses the service of a peer's ServiceEntry; undefined where there is none, or somebody edited it. */
function registeredService(entry: IstioObject | undefined): Pick<RegisteredHost, "service" | "exportTo"> {
  const { ports, subjectAltNames, exportTo = ["*"] } = (entry?.spec ?? {}) as ServiceEntrySpec;
  const annotations = entry?.metadata.annotations ?? {};
  const service = toImport({
    ports,
    subjectAltNames,
    remoteHost: annotations[REMOTE_HOST_ANNOTATION],
    terminated: annotations[TERMINATED_ANNOTATION] === TERMINATED,
  }).data;
  return { service, exportTo };
}
