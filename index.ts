import * as pulumi from "@pulumi/pulumi";
import { FederatedCluster } from "./components/federatedCluster.ts";
import { readStackConfig } from "./discovery/stackConfig.ts";
import { survey } from "./discovery/survey.ts";
import { FaultsError } from "./federation/fault.ts";

/** Declares this stack's cluster; everything that can be wrong is found before the first resource. */
async function declareCluster(): Promise<FederatedCluster> {
  const config = readStackConfig();
  const found = await survey(config);
  for (const warning of found.warnings) await pulumi.log.warn(warning);
  for (const note of found.notes) await pulumi.log.info(note);
  return new FederatedCluster(config.cluster.name, { config, ...found });
}

/** Faults are for the person who wrote the config, so without a stack trace. */
const cluster = await declareCluster().catch((error: unknown) => {
  throw error instanceof FaultsError ? new pulumi.RunError(error.message) : error;
});

/** What this cluster tells its peers; they read it by stack reference. */
export const federation = cluster.contract;
/** Each peer's state: `{state, reason, since, imported}`. */
export const peers = cluster.peers;
/** Who each peer is held to be, and its roots: the next run and the peers themselves read it. */
export const trustAnchors = cluster.trustAnchors;
/** When the certificates serve that this stack made, by what they are. */
export const certificates = cluster.certificates;
/** Where this cluster's own roots are on their way: the next step is judged by it. */
export const rotation = cluster.rotation;
/** What lets each peer's istiod read this cluster, in a single mesh: they read it, each its own entry. Secret. */
export const access = cluster.access;
/** From when to when each of those serves. */
export const credentials = cluster.credentials;
/** By what this cluster's istiod reads each peer: the next run reads it back. Secret. */
export const joined = cluster.joined;
