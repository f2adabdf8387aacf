import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { CLUSTERS } from "../../lab/clusters.ts";
import { stealAuthority } from "../../lab/proofs/forgery.ts";
import { Stack } from "../../lab/pulumi.ts";
import { waitFor } from "../../lab/ready.ts";
import { workloadsOf } from "../../lab/workloads/workload.ts";
import { Load } from "./load.ts";
import { type FederatedLab, sharedLab } from "./sharedLab.ts";
import { isSignedByToday, remakePods } from "./sidecars.ts";

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
    await load.expectUninterrupted("renewal of the intermediate");
    assert.equal(exitCode, 0, output);
    assert.notEqual(await fingerprint(), before);

    const signs = async () => {
      await remakePods(lab, A.name, [foo!]);
      return isSignedByToday(lab, A.name, foo!);
    };
    await waitFor("a new workload's certificate is not of the new intermediate", signs, RELOAD_SECONDS);
  });
});
