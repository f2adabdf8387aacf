import * as pulumi from "@pulumi/pulumi";
import { FederatedCluster } from "./components/federatedCluster.ts";
import { RootAuthority } from "./components/rootAuthority.ts";
import { WaitingCluster } from "./components/waitingCluster.ts";
import { surveyRequests } from "./discovery/rootSurvey.ts";
import { readStackConfig } from "./discovery/stackConfig.ts";
import { survey } from "./discovery/survey.ts";
import { FaultsError } from "./federation/fault.ts";

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
/** What holds peers' callers at the workloads of exported Services: it stays while the cluster cannot be read. */
export const callerPolicies = made.callerPolicies;
/** What leads to Services that are offered under other names than their own: it stays likewise. */
export const exportAliases = made.exportAliases;
/** At which address CoreDNS answers for each imported name, by peer: it keeps that. */
export const importAddresses = made.importAddresses;
/** Of a shared root: its certificates, what it has signed, and on what requests, by the cluster's name. */
export const rootCertificates = made.rootCertificates;
export const signedCertificates = made.signedCertificates;
export const certificateRequests = made.certificateRequests;
/** What lets each peer's istiod read this cluster, in a single mesh: they read it, each its own entry. Secret. */
export const access = made.access;
/** From when to when each of those serves. */
export const credentials = made.credentials;
/** By what this cluster's istiod reads each peer: the next run reads it back. Secret. */
export const joined = made.joined;
