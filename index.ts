import * as pulumi from "@pulumi/pulumi";
import { FederatedCluster } from "./components/federatedCluster.ts";
import { RootAuthority } from "./components/rootAuthority.ts";
import { WaitingCluster } from "./components/waitingCluster.ts";
import { surveyRequests } from "./discovery/rootSurvey.ts";
import { readStackConfig } from "./discovery/stackConfig.ts";
import { survey } from "./discovery/survey.ts";
import { FaultsError } from "./federation/core/fault.ts";

/** Of its resources, and not the stack's: a stack that is renamed keeps its key. */
const ROOT_NAME = "root-ca";

/** What a stack publishes: the outputs of any of its kinds, as far as they are of that kind. */
type Outputs = Partial<FederatedCluster & WaitingCluster & RootAuthority>;

/** Declares what this stack is; everything that can be wrong is found before the first resource. */
async function declare(): Promise<Outputs> {
  const config = readStackConfig();
  if ("rootAuthority" in config) {
    return new RootAuthority(ROOT_NAME, { config, ...(await told(surveyRequests(config))) });
  }
  const found = await told(survey(config));
  const { name } = config.cluster;
  if ("intermediate" in found) return new WaitingCluster(name, { config, ...found });
  return new FederatedCluster(name, { config, ...found });
}

/** What was found, once the user was told of it. */
async function told<T extends { warnings: string[]; notes: string[] }>(looking: Promise<T>): Promise<T> {
  const found = await looking;
  for (const warning of found.warnings) await pulumi.log.warn(warning);
  for (const note of found.notes) await pulumi.log.info(note);
  return found;
}

/**
 * The stack's outputs, as the classes above tell of each: what this cluster tells its peers, who read it by stack reference, and what its
 * own next run reads back. Faults are for the person who wrote the config, so without a stack trace.
 */
export const {
  contract: federation,
  peers,
  trustAnchors,
  callerPolicies,
  exportAliases,
  certificates,
  rotation,
  certificateRequest,
  issued,
  rootCertificates,
  signedCertificates,
  certificateRequests,
  access,
  credentials,
  joined,
} = await declare().catch((error: unknown) => {
  throw error instanceof FaultsError ? new pulumi.RunError(error.message) : error;
});
