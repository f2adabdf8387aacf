/** The peer of the comparison: the same ServiceEntries, one resource each. */
import * as kubernetes from "@pulumi/kubernetes";
import { entriesOf, readWork } from "../work.ts";

const work = readWork();
const { path, context } = work.kubeconfig;
const provider = new kubernetes.Provider("cluster", { kubeconfig: path, context });
for (const entry of entriesOf(work)) {
  new kubernetes.apiextensions.CustomResource(entry.metadata.name, entry, { provider });
}
