import * as pulumi from "@pulumi/pulumi";
import { FederatedCluster } from "./components/federatedCluster.ts";
import { RootAuthority } from "./components/rootAuthority.ts";
import { WaitingCluster } from "./components/waitingCluster.ts";
import { surveyRequests } from "./discovery/rootSurvey.ts";
import { readStackConfig } from "./discovery/stackConfig.ts";
import { survey } from "./discovery/survey.ts";
import type { StackConfig } from "./federation/config.ts";
import { FaultsError } from "./federation/fault.ts";
import type { RootConfig } from "./federation/rootConfig.ts";

/** What a stack publishes: the outputs of any of its kinds, as far as they are of that kind. */
type Outputs = Partial<FederatedCluster & WaitingCluster & RootAuthority & { certificateRequests: object }>;

/** Declares what this stack is; everything that can be wrong is found before the first resource. */
async function declare(): Promise<Outputs> {
  const config = readStackConfig();
  return "rootAuthority" in config ? declareRoot(config) : declareCluster(config);
}

async function declareCluster(config: StackConfig): Promise<Outputs> {
  const found = await survey(config);
  await tell(found);
  const { name } = config.cluster;
  if ("intermediate" in found) return new WaitingCluster(name, { config, ...found });
  return new FederatedCluster(name, { config, ...found });
}

async function declareRoot(config: RootConfig): Promise<Outputs> {
  const found = await surveyRequests(config);
  await tell(found);
  const { rootCertificates, signedCertificates, certificates } = new RootAuthority(pulumi.getStack(), {
    config,
    ...found,
  });
  return { rootCertificates, signedCertificates, certificates, certificateRequests: found.requests };
}

async function tell({ warnings, notes }: { warnings: string[]; notes: string[] }): Promise<void> {
  for (const warning of warnings) await pulumi.log.warn(warning);
  for (const note of notes) await pulumi.log.info(note);
}

/** Faults are for the person who wrote the config, so without a stack trace. */
const made = await declare().catch((error: unknown) => {
  throw error instanceof FaultsError ? new pulumi.RunError(error.message) : error;
});

/** What this cluster tells its peers; they read it by stack reference. */
export const federation = made.contract;
/** Each peer's state: `{state, reason, since, imported}`. */
export const peers = made.peers;
/** Who each peer is held to be, and its roots: the next run and the peers themselves read it. */
export const trustAnchors = made.trustAnchors;
/** When the certificates serve that this stack made or uses, by what they are. */
export const certificates = made.certificates;
/** Where this cluster's own roots are on their way: the next step is judged by it. */
export const rotation = made.rotation;
/** What the stack of a shared root is to sign for this cluster. */
export const certificateRequest = made.certificateRequest;
/** What this cluster has from a shared root: it runs with that while the root's stack is away. */
export const issued = made.issued;
/** Of a shared root: its certificates, what it has signed, and on what requests, by the cluster's name. */
export const rootCertificates = made.rootCertificates;
export const signedCertificates = made.signedCertificates;
export const certificateRequests = made.certificateRequests;
