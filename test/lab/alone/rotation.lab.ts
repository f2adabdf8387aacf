import assert from "node:assert/strict";
import type { Phase } from "../../../federation/authority/rotation.ts";
import { fingerprintOf } from "../../../federation/x509/certificate.ts";
import { CLUSTERS } from "../../../lab/clusters.ts";
import { callAs, mintLeaf, stealAuthority } from "../../../lab/proofs/forgery.ts";
import { Stack } from "../../../lab/pulumi.ts";
import { waitFor } from "../../../lab/ready.ts";
import { SERVICE_PORT, workloadsOf } from "../../../lab/workloads/workload.ts";
import { freshConnections } from "../freshConnections.ts";
import { Load } from "../load.ts";
import { type FederatedLab, log, sharedLab } from "../sharedLab.ts";
import { isSignedByToday, remakePods } from "../sidecars.ts";
import { editedStackFile } from "../stackFile.ts";

const [A, B] = CLUSTERS;
const HOSTS = {
  a: "foo.abc.svc.cluster-a.local",
  inner: "internal.abc.svc.cluster-a.local",
  b: "bar.xyz.svc.cluster-b.local",
};
const FOO = "spiffe://cluster-a.local/ns/abc/sa/foo";

/** Workloads' certificates live so long; sidecars renew them after half of it. */
const LEAF_SECONDS = 60;
/** What the program is told to wait for what an update writes. */
const SETTLING_SECONDS = 15;
/** For the kubelet to bring what changed to istiod, and for a sidecar to renew its certificate. */
const RENEWAL_SECONDS = 120;

// In a lab of its own: there is no way back from a dropped root, which the other tests' config names.
describe("the rotation of a cluster's root", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  let load: Load;
  let first: Awaited<ReturnType<typeof stealAuthority>>;

  const workloadsOfA = workloadsOf(A.name, A.network);
  const [foo] = workloadsOfA;
  const [bar] = workloadsOf(B.name, B.network);

  before(async () => {
    federated = await sharedLab();
    const { lab } = federated;
    await (await clusterA()).up();
    await remakePods(lab, A.name, workloadsOfA);
    await freshConnections(lab, A.name, "abc", HOSTS.b);
    await freshConnections(lab, A.name, "abc", HOSTS.inner);
    await freshConnections(lab, B.name, "xyz", HOSTS.a);
    first = await stealAuthority(lab.kubeconfig, A.name);
    load = new Load([
      { from: foo!, host: HOSTS.b },
      { from: foo!, host: HOSTS.inner },
      { from: bar!, host: HOSTS.a },
    ]);
  });

  after(async () => {
    await load.end();
  });

  it("skips no phase, neither in a preview nor in an update", async () => {
    const skipped = /certificateAuthority\.rotation: skips phase 'announce'/;
    assert.match(await refused("trust"), skipped);
    assert.match(await refused("trust", {}, ["up", "--yes", "--skip-preview"]), skipped);
  });

  it("is the way to another algorithm, which replaces no key that is in use", async () => {
    const { exitCode, output } = await (
      await clusterA(undefined, { algorithm: "RSA" })
    ).run("preview", "--expect-no-changes");
    assert.equal(exitCode, 0, output);
  });

  it("can be abandoned once it is announced", async () => {
    await up("announce");
    assert.equal((await rootsOf("federation")).length, 2);
    await (await clusterA()).up();
    assert.equal((await rootsOf("federation")).length, 1);
  });

  it("waits in phase 'trust' for the peers, and says who is behind", async () => {
    await up("announce");
    await up("trust");
    assert.match(
      await refused("sign"),
      /is too early: root 2 \(SHA-256 \S+\) is not trusted yet by peer cluster-b/,
    );
    const b = await clusterB();
    const { exitCode, output } = await b.run("up", "--yes", "--skip-preview");
    assert.equal(exitCode, 0, output);
    assert.match(output, /cluster-a has a further root: SHA-256/);
  });

  it("can go back as long as the next root does not sign", async () => {
    await up("announce");
    await up("trust");
  });

  it("signs with the next root, and can go back from there too, all the way", async () => {
    assert.match(await refused("sign", { settlingMinutes: 60 }), /has reached every istiod and proxy by/);
    await soon("sign");
    await renewed();
    assert.match(await refused("announce"), /drops root 2, which signs/);
    await up("trust");
    const LONG = { workloadCertificateHours: 24 };
    assert.match(
      await refused("announce", LONG),
      /drops root 2 while workloads may have certificates under it/,
    );
    await renewed();
    await soon("announce");
    await (await clusterA()).up();
    assert.equal((await rootsOf("federation")).length, 1);
  });

  it("goes the whole way then, with another root", async () => {
    await up("announce");
    await up("trust");
    const { exitCode, output } = await (await clusterB()).run("up", "--yes", "--skip-preview");
    assert.equal(exitCode, 0, output);
    await soon("sign");
    await renewed();
  });

  it("drops the old root when no workload has a certificate under it any more", async () => {
    const LONG = { workloadCertificateHours: 24 };
    assert.match(
      await refused("drop", LONG),
      /drops root 1 while workloads may have certificates under it, until/,
    );
    await soon("drop");
    assert.equal((await rootsOf("federation")).length, 1);
    const { exitCode, output } = await (await clusterB()).run("up", "--yes", "--skip-preview");
    assert.equal(exitCode, 0, output);
    assert.match(output, /cluster-a drops a root: SHA-256/);
    assert.match(await refused("sign"), /asks for root 1, which was dropped: there is no way back to it/);
  });

  it("leaves nobody who trusts the old root", async () => {
    const { lab } = federated;
    const door = `${bar!.address}:${SERVICE_PORT}`;
    const today = await mintLeaf(await stealAuthority(lab.kubeconfig, A.name), FOO);
    assert.equal(await callAs(door, HOSTS.b, today), `200 as ${FOO}`);
    const old = await mintLeaf(first, FOO);
    const isRefused = async () => (await callAs(door, HOSTS.b, old)).startsWith("refused");
    await waitFor("cluster-b still trusts the old root", isRefused, RENEWAL_SECONDS);
    await (await clusterA("drop")).up({ expectNoChanges: true });
    await (await clusterB()).up({ expectNoChanges: true });
  });

  it("lost no request, in either direction", async () => {
    const { calls, failures } = await load.end();
    log(`${calls} requests, each on a connection of its own, ${failures.length} failed`);
    assert.deepEqual(failures, []);
    assert.ok(calls > 1000, `only ${calls} requests`);
  });

  /** Stack cluster-a on its way to its second root; by default with its first one only. */
  async function clusterA(phase?: Phase, changes: object = {}): Promise<Stack> {
    const configFile = await editedStackFile(federated.lab, A.name, (config) => {
      const istio = config["istio-federation:istio"] as {
        values: { istiod: { meshConfig: { defaultConfig: Record<string, unknown> } } };
      };
      istio.values.istiod.meshConfig.defaultConfig["proxyMetadata"] = { SECRET_TTL: `${LEAF_SECONDS}s` };
      config["istio-federation:certificateAuthority"] = {
        workloadCertificateHours: LEAF_SECONDS / 3600,
        settlingMinutes: SETTLING_SECONDS / 60,
        ...changes,
        ...(phase === undefined ? {} : { rotation: { root: 2, phase } }),
      };
    });
    return new Stack(A.name, federated.lab, { configFile });
  }

  /** Stack cluster-b, which takes what cluster-a announces. */
  async function clusterB(): Promise<Stack> {
    const configFile = await editedStackFile(federated.lab, B.name, (config) => {
      const peers = config["istio-federation:peers"] as Record<string, object>;
      peers[A.name] = { ...peers[A.name], identity: { acceptAnnouncedRoots: true } };
    });
    return new Stack(B.name, federated.lab, { configFile });
  }

  async function up(phase: Phase): Promise<void> {
    const { exitCode, output } = await (await clusterA(phase)).run("up", "--yes", "--skip-preview");
    assert.equal(exitCode, 0, output);
  }

  /** Takes a step that is refused for a while yet. */
  async function soon(phase: Phase): Promise<void> {
    const stack = await clusterA(phase);
    const isTaken = async () => (await stack.run("up", "--yes", "--skip-preview")).exitCode === 0;
    await waitFor(`root 2 does not get to phase '${phase}'`, isTaken, RENEWAL_SECONDS);
  }

  /** @returns what a run reports that refuses. @param command default: a preview. */
  async function refused(
    phase: Phase,
    changes: object = {},
    command: [string, ...string[]] = ["preview"],
  ): Promise<string> {
    const { exitCode, output } = await (await clusterA(phase, changes)).run(...command);
    assert.notEqual(exitCode, 0);
    return output;
  }

  async function renewed(): Promise<void> {
    for (const workload of workloadsOfA) {
      const isRenewed = () => isSignedByToday(federated.lab, A.name, workload);
      await waitFor(`the certificate of ${workload.name} is not renewed`, isRenewed, RENEWAL_SECONDS);
    }
  }

  async function rootsOf(output: string): Promise<string[]> {
    const { rootCertificates } = (await (await clusterA()).output(output)) as { rootCertificates: string[] };
    return rootCertificates.map(fingerprintOf);
  }
});
