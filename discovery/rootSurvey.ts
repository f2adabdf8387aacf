import * as pulumi from "@pulumi/pulumi";
import { faultsOfAll } from "./faultsOfAll.ts";
import { fullStackName, noSuchOutput, noSuchStack, readStackOutputs } from "./stackOutputs.ts";
import {
  type RequestReading,
  judgeSigningRequests,
  readSigningRequests,
} from "../federation/authority/signingRequests.ts";
import { type RootedCluster, type RootConfig, checkRootName } from "../federation/config/rootStack.ts";
import { FaultsError, pathOf } from "../federation/core/fault.ts";
import { ownValue, sortedRecord } from "../federation/core/order.ts";
import { expiryWarnings, readCertificateReport } from "../federation/trust/expiry.ts";

/** What the program knows before it declares a shared root. */
export interface RootSurvey {
  /** Certificate signing requests, PEM, by the cluster's name: those that are there. */
  requests: Record<string, string>;
  /** For the user, a sentence each. */
  warnings: string[];
  notes: string[];
}

/**
 * Looks what the clusters under a shared root ask to be signed.
 * @throws FaultsError when a cluster's stack refuses to be read, or a request is not to be signed; every fault is named.
 */
export async function surveyRequests(config: RootConfig): Promise<RootSurvey> {
  const { clusters, expiryWarningDays } = config.rootAuthority;
  const own = readStackOutputs(fullStackName(pulumi.getStack()), "stack");
  const readings = Object.entries(clusters).map(
    async ([name, cluster]) => [name, await readRequest(name, cluster)] as const,
  );
  const named = own.then((outputs) => {
    const changed = checkRootName(outputs?.["rootCertificates"], config);
    if (changed.length > 0) throw new FaultsError("config", changed);
  });
  const faults = await faultsOfAll([own, ...readings, named]);
  if (faults.length > 0) throw new FaultsError(`plan of stack ${pulumi.getStack()}`, faults);
  const { certificateRequests, certificates } = (await own) ?? {};
  const last = readSigningRequests(certificateRequests);
  const { requests, warnings, notes } = judgeSigningRequests(
    clusters,
    sortedRecord(await Promise.all(readings)),
    last,
  );
  const gone = Object.keys(last).filter((name) => ownValue(clusters, name) === undefined);
  return {
    requests,
    warnings: [
      ...expiryWarnings(readCertificateReport(certificates), expiryWarningDays, new Date()),
      ...warnings,
      ...gone.map(
        (name) =>
          `Cluster ${name} is not in rootAuthority.clusters any more: nothing is signed for it, but what was signed serves until it ends`,
      ),
    ],
    notes,
  };
}

async function readRequest(cluster: string, { stack }: RootedCluster): Promise<RequestReading> {
  const name = fullStackName(stack);
  const outputs = await readStackOutputs(name, pathOf("rootAuthority", "clusters", cluster, "stack"));
  if (outputs === undefined) return { pending: noSuchStack(name) };
  const { certificateRequest } = outputs;
  if (certificateRequest !== undefined && certificateRequest !== null) return { request: certificateRequest };
  return { pending: noSuchOutput(name, "certificateRequest") };
}
