import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:tls";
import { CoreV1Api } from "@kubernetes/client-node";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import { restartWorkloads } from "../../lab/federate.ts";
import type { RunningLab } from "../../lab/lab.ts";
import { stealAuthority } from "../../lab/proofs/forgery.ts";
import { ALPN } from "../../lab/proofs/gateway.ts";
import { SERVICE_PORT, type Workload } from "../../lab/workloads/workload.ts";
import { log } from "./sharedLab.ts";

/** Whether a workload's certificate is of what its cluster's istiod is to sign with now. */
export async function isSignedByToday(
  lab: RunningLab,
  cluster: string,
  workload: Workload,
): Promise<boolean> {
  const { certificate } = await stealAuthority(lab.kubeconfig, cluster);
  const issuer = await issuerOf(`${workload.address}:${SERVICE_PORT}`);
  return issuer === new X509Certificate(certificate).fingerprint256;
}

/** Has workloads' Pods made anew: their sidecars then ask istiod for a certificate. */
export async function remakePods(
  lab: RunningLab,
  cluster: string,
  workloads: readonly Workload[],
): Promise<void> {
  const core = loadContext(lab.kubeconfig, cluster).makeApiClient(CoreV1Api);
  for (const { namespace, name } of workloads)
    await core.deleteCollectionNamespacedPod({ namespace, labelSelector: `app=${name}` });
  await restartWorkloads(lab, log);
}

/** SHA-256 of the certificate by which the one was issued that a sidecar shows. */
async function issuerOf(door: string): Promise<string | undefined> {
  const { hostname, port } = new URL(`tls://${door}`);
  const socket = connect({
    host: hostname,
    port: Number(port),
    ALPNProtocols: [ALPN],
    // Only the chain is looked at.
    rejectUnauthorized: false,
  });
  try {
    await once(socket, "secureConnect");
    return socket.getPeerCertificate(true).issuerCertificate.fingerprint256;
  } finally {
    socket.on("error", () => undefined).destroy();
  }
}
