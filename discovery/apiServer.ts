import { readFileSync } from "node:fs";
import type { SingleMesh } from "../federation/config/singleMesh.ts";
import { clusterFault } from "./clusterFault.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { type Fault, FaultsError } from "../federation/core/fault.ts";
import { type ApiServer, CERTIFICATE_BUNDLE, KEY_REMEDY } from "../federation/mesh/apiServer.ts";
import { certificatesOnly, hasPrivateKey } from "../federation/x509/certificate.ts";
import { PROBE_DEADLINE, probeAccess } from "../kubernetes/accessProbe.ts";
import { ClusterError } from "../kubernetes/errors.ts";
import { loadKubeconfig, resolvePath } from "../kubernetes/kubeconfig.ts";

/**
 * Finds how peers are to reach this cluster's API server: as the config says, and by the kubeconfig's certificates where that says
 * nothing of them.
 * @throws FaultsError when the kubeconfig cannot be read, or has none.
 */
export async function ownApiServer(
  { server, certificateAuthority }: SingleMesh["apiServer"],
  kubeconfig: StackConfig["kubeconfig"],
): Promise<ApiServer> {
  if (certificateAuthority !== undefined) return { server, certificateAuthority };
  const found = await certificatesOf(kubeconfig);
  if (found === undefined || !CERTIFICATE_BUNDLE.test(found)) {
    throw missing(
      "the kubeconfig has no certificate-authority for this cluster to take instead",
      CERTIFICATE_BUNDLE.remedy,
    );
  }
  if (hasPrivateKey(found)) {
    throw missing(
      "the kubeconfig's certificate-authority, to take instead, has a private key in it",
      KEY_REMEDY,
    );
  }
  return { server, certificateAuthority: certificatesOnly(found) };
}

function missing(why: string, remedy: string): FaultsError {
  const rule = `is missing, and ${why}`;
  return new FaultsError("single mesh", [
    { path: "singleMesh.apiServer.certificateAuthority", rule, remedy },
  ]);
}

/**
 * Tries the address that peers are told, as far as it can be reached from here: where another one answers than its certificates tell, every
 * peer would refuse it, and only this side can mend that.
 */
export async function judgeOwnApiServer(own: ApiServer): Promise<Fault[]> {
  try {
    await probeAccess("this cluster", own, PROBE_DEADLINE);
    return [];
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const { unreachable, retryable, cause } = error.failure;
    // Any answer will do, as it was asked without a credential; and so will none, as peers may have another way to it.
    if (unreachable !== true || retryable === true) return [];
    const rule = `has a certificate that singleMesh.apiServer.certificateAuthority (without it: the kubeconfig's) does not vouch for, so that peers would refuse it: ${cause}`;
    const remedy = "Correct either in this stack's config";
    return [{ path: "singleMesh.apiServer", value: own.server, rule, remedy }];
  }
}

async function certificatesOf(kubeconfig: StackConfig["kubeconfig"]): Promise<string | undefined> {
  try {
    const { caData, caFile } = (await loadKubeconfig(kubeconfig)).getCurrentCluster() ?? {};
    if (caData !== undefined) return Buffer.from(caData, "base64").toString();
    return caFile === undefined ? undefined : readText(caFile);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    throw new FaultsError("cluster", [clusterFault(error, kubeconfig)]);
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(resolvePath(file), "utf8");
  } catch {
    return undefined;
  }
}
