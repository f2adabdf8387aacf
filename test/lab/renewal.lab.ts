import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:tls";
import { CoreV1Api } from "@kubernetes/client-node";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import { restartWorkloads } from "../../lab/federate.ts";
import { stealAuthority } from "../../lab/proofs/forgedLeaf.ts";
import { ALPN } from "../../lab/proofs/gateway.ts";
import { Stack } from "../../lab/pulumi.ts";
import { waitFor } from "../../lab/ready.ts";
import { SERVICE_PORT, workloadsOf } from "../../lab/workloads/workload.ts";
import { Load } from "./load.ts";
import { type FederatedLab, log, sharedLab } from "./sharedLab.ts";

const [A, B] = CLUSTERS;
const INTERMEDIATE = [
  "urn:pulumi:cluster-a::istio-federation",
  "istio-federation:index:FederatedCluster$istio-federation:index:CertificateAuthority$tls:index/locallySignedCert:LocallySignedCert",
  "cluster-a-ca-intermediate",
].join("::");
/** The kubelet brings a changed Secret to istiod's files, and istiod waits for the last of several changes. */
const RELOAD_SECONDS = 60;

describe("a new intermediate", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  const [foo] = workloadsOf(A.name, A.network);
  const [bar] = workloadsOf(B.name, B.network);
  const fingerprint = async () =>
    new X509Certificate((await stealAuthority(federated.lab.kubeconfig, A.name)).certificate).fingerprint256;

  it("is a plain `up`, loses no request in either direction, and signs what comes after it", async () => {
    const { lab } = federated;
    const before = await fingerprint();
    const load = new Load([
      { from: foo!, host: "bar.xyz.svc.cluster-b.local" },
      { from: bar!, host: "foo.abc.svc.cluster-a.local" },
    ]);
    const stack = new Stack(A.name, lab);
    const { exitCode, output } = await stack.run("up", "--yes", "--skip-preview", "--replace", INTERMEDIATE);
    // Time for istiod to take it in, under load.
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    const { calls, failures } = await load.end();
    assert.equal(exitCode, 0, output);
    assert.notEqual(await fingerprint(), before);
    assert.deepEqual(failures, []);
    assert.ok(calls > 500, `only ${calls} requests`);

    const signs = async () => {
      await remakePod();
      await restartWorkloads(lab, log);
      return (await issuerOf(`${foo!.address}:${SERVICE_PORT}`)) === (await fingerprint());
    };
    await waitFor("a new workload's certificate is not of the new intermediate", signs, RELOAD_SECONDS);
  });

  /** Has foo's Pod made anew: its sidecar then asks istiod for a certificate. */
  async function remakePod(): Promise<void> {
    const core = loadContext(federated.lab.kubeconfig, A.name).makeApiClient(CoreV1Api);
    await core.deleteCollectionNamespacedPod({
      namespace: foo!.namespace,
      labelSelector: `app=${foo!.name}`,
    });
  }
});

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
