import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { CoreV1Api } from "@kubernetes/client-node";
import type { SharedAuthority } from "../../../federation/authority/shared.ts";
import type { Contract } from "../../../federation/contract/contract.ts";
import type { PeerStatus } from "../../../federation/imports/registration.ts";
import { fingerprintOf } from "../../../federation/x509/certificate.ts";
import { loadContext } from "../../../lab/cluster/kubeconfig.ts";
import { CLUSTERS } from "../../../lab/clusters.ts";
import { restartWorkloads } from "../../../lab/federate.ts";
import type { Lab } from "../../../lab/lab.ts";
import { allProofs } from "../../../lab/proofs/proofs.ts";
import { Stack, changesNothing } from "../../../lab/pulumi.ts";
import { waitFor } from "../../../lab/ready.ts";
import { workloadsOf } from "../../../lab/workloads/workload.ts";
import { LabSecrets } from "../labSecrets.ts";
import { ownLab } from "../ownLab.ts";
import { expectNoSecrets } from "../../../lab/proofs/secretSearch.ts";
import { log } from "../sharedLab.ts";
import { isSignedByToday, remakePods } from "../sidecars.ts";
import { editedStackFile } from "../stackFile.ts";

const [A, B] = CLUSTERS;
/** For the kubelet to bring a changed Secret to istiod, and for istiod to take it in. */
const RELOAD_SECONDS = 60;

// Not in the lab of the other tests, whose clusters have roots of their own.
describe("two clusters under a shared root", function () {
  this.timeout(1_200_000);
  let lab: Lab;
  let a: Stack;
  let b: Stack;
  let root: Stack;
  const secrets = new LabSecrets();

  ownLab(async (started) => {
    lab = started;
    await restartWorkloads(lab, log);
    [a, b] = (await Promise.all(CLUSTERS.map(({ name }) => underSharedRoot(name)))) as [Stack, Stack];
    root = new Stack("root-ca", lab);
  });

  it("begin in any order: the first one waits, says for what, and makes its key and request only", async () => {
    await a.ensure();
    const { exitCode, output } = await a.run("up", "--yes", "--skip-preview");
    assert.equal(exitCode, 0, output);
    assert.match(
      output,
      /Cluster cluster-a waits for its certificate: stack \S+\/root-ca does not exist .*run `pulumi up` on it, then here/,
    );
    assert.match(String(await a.output("certificateRequest")), /^-----BEGIN CERTIFICATE REQUEST-----/);
    assert.equal(await a.output("federation"), undefined);
    assert.equal((await namespaces("cluster-a")).includes("istio-system"), false);
  });

  it("have their requests signed by the stack of the root, which tells whose are still missing", async () => {
    await root.ensure();
    const { exitCode, output } = await root.run("up", "--yes", "--skip-preview");
    assert.equal(exitCode, 0, output);
    assert.match(
      output,
      /cluster cluster-a requests its first certificate, for trust domain cluster-a\.local: its key/,
    );
    assert.match(
      output,
      /Cluster cluster-b has no signing request: stack \S+\/cluster-b-contract does not exist/,
    );
    assert.deepEqual(Object.keys((await root.output("signedCertificates")) as object), ["cluster-a"]);
  });

  it("run then with a certificate for the key that they asked with", async () => {
    const request = await a.output("certificateRequest");
    const summary = await a.up();
    assert.ok(!summary.some((line) => /deleted|replaced/.test(line)), summary.join());
    assert.equal(await a.output("certificateRequest"), request, "its key is the one that it asked with");
  });

  it("may have had a root of their own before: the key stays, and runs only once it is signed", async () => {
    const own = new Stack("cluster-b", lab);
    await own.ensure();
    await own.up();
    const request = await own.output("certificateRequest");
    const { exitCode, output } = await b.run("preview");
    assert.notEqual(exitCode, 0);
    assert.match(
      output,
      /"root-ca" has no certificate for this cluster, which runs and would be left without one/,
    );
    await root.up();
    await b.up();
    assert.equal(await b.output("certificateRequest"), request);
  });

  it("find each other ready", async () => {
    await a.up();
    for (const stack of [a, b]) {
      const peers = Object.values((await stack.output("peers")) as Record<string, PeerStatus>);
      assert.deepEqual(
        peers.map(({ state }) => state),
        ["ready"],
      );
    }
  });

  it("have one root in common, which signs for each only its own trust domain", async () => {
    const [first] = (await root.output("rootCertificates")) as string[];
    for (const stack of [a, b]) {
      const { rootCertificates } = (await stack.output("federation")) as Contract;
      assert.deepEqual(rootCertificates.map(fingerprintOf), [fingerprintOf(first!)]);
      const { issued } = (await stack.output("lastRun")) as { issued: SharedAuthority };
      assert.ok(new X509Certificate(issued.certificate).verify(new X509Certificate(first!).publicKey));
    }
  });

  it("sign with what the shared root signed, without a restart of istiod, also where it had another root", async () => {
    const workloads = workloadsOf(B.name, B.network);
    const signs = async () => {
      await remakePods(lab, B.name, workloads);
      return isSignedByToday(lab, B.name, workloads[0]!);
    };
    await waitFor("cluster-b's istiod does not sign with its new intermediate", signs, RELOAD_SECONDS);
    await remakePods(lab, A.name, workloadsOf(A.name, A.network));
  });

  it("call each other, and neither's authority can issue certificates for the other", async () => {
    for (const proof of allProofs()) {
      const outcome = await proof.run({ lab, stacks: [a, b] });
      assert.ok(outcome.passed, `${proof.claim}: ${proof.caller} -> ${proof.callee}: ${outcome.reason}`);
    }
  });

  it("have nothing to change any more, the stack of the root included", async () => {
    const changes = await root.preview();
    assert.ok(changesNothing(changes), JSON.stringify(changes));
    await secrets.noteStates(
      lab,
      [a, b, root].map(({ name }) => name),
    );
  });

  it("keep what they have while the stack of the root is away", async () => {
    await root.remove();
    const { exitCode, output } = await a.run("preview", "--expect-no-changes");
    assert.equal(exitCode, 0, output);
    assert.match(
      output,
      /The last certificate issued for cluster-a is kept: stack \S+\/root-ca does not exist/,
    );
  });

  it("leave no key in an output, in a state in clear, or in what the runs printed", async () => {
    expectNoSecrets(await secrets.findIn(lab.dir));
    assert.ok(secrets.keys.size >= 3, "the keys of both intermediates, and the root's");
  });

  /** The cluster's stack, as if its file said that its root is the shared one. */
  async function underSharedRoot(name: string): Promise<Stack> {
    const configFile = await editedStackFile(lab, name, (config) => {
      config["istio-federation:certificateAuthority"] = { source: "shared", shared: { stack: "root-ca" } };
    });
    return new Stack(name, lab, { configFile });
  }

  async function namespaces(context: string): Promise<string[]> {
    const config = loadContext(lab.kubeconfig, context);
    const { items } = await config.makeApiClient(CoreV1Api).listNamespace();
    return items.map(({ metadata }) => metadata?.name ?? "");
  }
});
