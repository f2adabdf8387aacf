import type { RunningLab } from "../../../lab/lab.ts";
import { IMPORTS, objectsOf } from "../importedHosts.ts";

/** Fields by which a ServiceEntry is unchanged, and by which proxies find its gateways. */
export interface ImportedEntry {
  readonly uid: string;
  readonly resolution: string;
}

/** The ServiceEntry by which a peer's service is known in a cluster of the lab. */
export async function importedEntry(lab: RunningLab, context: string, name: string): Promise<ImportedEntry> {
  const { metadata, spec } = (await objectsOf(lab, context).getNamespacedCustomObject({
    ...IMPORTS,
    name,
  })) as { metadata: { uid: string }; spec: { resolution: string } };
  return { uid: metadata.uid, resolution: spec.resolution };
}
