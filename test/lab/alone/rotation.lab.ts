import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Phase, RotationRecord } from "../../../federation/authority/rotation.ts";
import { CLUSTERS } from "../../../lab/clusters.ts";
import { callAs, mintLeaf, stealAuthority } from "../../../lab/proofs/forgery.ts";
import { Stack } from "../../../lab/pulumi.ts";
import { waitFor } from "../../../lab/ready.ts";
import { FEDERATION, type Scenario } from "../../../lab/scenarios.ts";
import { SERVICE_PORT, workloadsOf } from "../../../lab/workloads/workload.ts";
import { freshConnections } from "../freshConnections.ts";
import { Load } from "../load.ts";
import { type FederatedLab, sharedLab } from "../sharedLab.ts";
import { isSignedByToday } from "../sidecars.ts";
import { type StackFileConfig, editedStackFile } from "../stackFile.ts";

const [A, B] = CLUSTERS;
const HOSTS = {
  a: "foo.abc.svc.cluster-a.local",
  inner: "internal.abc.svc.cluster-a.local",
  b: "bar.xyz.svc.cluster-b.local",
};
const FOO = "spiffe://cluster-a.local/ns/abc/sa/foo";

/** Workloads' certificates live so long; sidecars renew them after half of it. */
const LEAF_SECONDS = 40;
/** Time for an update to reach every proxy, as the program is configured. */
const SETTLING_SECONDS = 15;
/** For the kubelet to bring a changed Secret to istiod, and for a sidecar to renew its certificate. */
const RENEWAL_SECONDS = 120;

/** Certificates of cluster-a's workloads end soon, and cluster-b trusts what cluster-a announces. */
const SHORT_LIVED: Scenario = { ...FEDERATION, changeStackFile };

// In a lab of its own: there is no way back from a dropped root, which the other tests' config names.
describe("the rotation of a cluster's root", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  let load: Load;
  let first: Awaited<ReturnType<typeof stealAuthority>>;
  let firstRoots: readonly string[];

  const workloadsOfA = workloadsOf(A.name, A.network);
  const [foo] = workloadsOfA;
  const [bar] = workloadsOf(B.name, B.network);

  before(async () => {
    federated = await sharedLab(SHORT_LIVED);
    const { lab } = federated;
    await freshConnections(lab, A.name, "abc", HOSTS.b);
    await freshConnections(lab, A.name, "abc", HOSTS.inner);
    await freshConnections(lab, B.name, "xyz", HOSTS.a);
    first = await stealAuthority(lab.kubeconfig, A.name);
    firstRoots = await roots();
    load = new Load([
      { from: foo!, host: HOSTS.b },
      { from: foo!, host: HOSTS.inner },
      { from: bar!, host: HOSTS.a },
    ]);
  });

  after(() => load.end());

  it("skips no phase, not even in an update without a preview", async () => {
    const output = await refused("trust", {}, ["up", "--yes", "--skip-preview"]);
    assert.match(output, /certificateAuthority\.rotation: skips phase 'announce'/);
  });

  it("is the way to another algorithm, which replaces no key that is in use", async () => {
    const output = await up("announce", { algorithm: "RSA" });
    assert.doesNotMatch(output, /replaced/);
    const [root, next, ...others] = await roots();
    assert.deepEqual([[root], others], [firstRoots, []]);
    assert.equal(new X509Certificate(next ?? "").publicKey.asymmetricKeyType, "rsa");
    assert.deepEqual(await stealAuthority(federated.lab.kubeconfig, A.name), first);
  });

  it("waits in phase 'trust' for the peers and for the settling time, and says who is behind", async () => {
    await up("trust");
    const output = await refused("sign", { settlingMinutes: 60 });
    assert.match(output, /is too early: root 2 \(SHA-256 \S+\) is not trusted yet by peer cluster-b/);
    assert.match(output, /has reached every istiod and proxy by/);
    assert.match(await upOfB(), /cluster-a has a further root: SHA-256/);
  });

  it("signs with the next root, and can go back from there, all the way until that is abandoned", async () => {
    await soon("sign");
    await renewed();
    await up("trust");
    await renewed();
    await soon("announce");
    await (await clusterA()).up();
    assert.deepEqual(await roots(), firstRoots);
  });

  it("goes the whole way then, with another root", async () => {
    await up("announce");
    await up("trust");
    await upOfB();
    await soon("sign");
    await renewed();
  });

  it("drops the old root when no workload has a certificate under it any more", async () => {
    assert.match(
      await refused("drop", { workloadCertificateHours: 24 }),
      /drops root 1 while workloads may have certificates under it, until/,
    );
    await soon("drop");
    const [root, ...others] = await roots();
    assert.deepEqual(others, []);
    assert.notDeepEqual([root], firstRoots);
    assert.match(await upOfB(), /cluster-a drops a root: SHA-256/);
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
    await new Stack(B.name, lab).up({ expectNoChanges: true });
  });

  it("lost no request, in either direction", () => load.expectUninterrupted("the rotation"));

  /** Stack cluster-a on its way to its second root; by default with its first one only. */
  async function clusterA(phase?: Phase, changes: object = {}): Promise<Stack> {
    const configFile = await editedStackFile(federated.lab, A.name, (config) => {
      const rotation = phase && { root: 2, phase };
      Object.assign(config["istio-federation:certificateAuthority"] as object, changes, { rotation });
    });
    return new Stack(A.name, federated.lab, { configFile });
  }

  /** Takes a step that is safe. @returns what the run prints. */
  async function up(phase: Phase, changes: object = {}): Promise<string> {
    return succeed(await clusterA(phase, changes));
  }

  /** Has cluster-b take what cluster-a announces. @returns what the run prints. */
  async function upOfB(): Promise<string> {
    return succeed(new Stack(B.name, federated.lab));
  }

  async function succeed(stack: Stack): Promise<string> {
    const { exitCode, output } = await stack.run("up", "--yes", "--skip-preview");
    assert.equal(exitCode, 0, output);
    return output;
  }

  /** Takes a step that has to wait, at the time at which it is safe by the record of the last one. */
  async function soon(phase: Phase): Promise<void> {
    const stack = await clusterA(phase);
    const { rotation } = (await stack.output("lastRun")) as { rotation: RotationRecord };
    const [signedUntil] = Object.values(rotation.signedUntil);
    const safe =
      signedUntil === undefined
        ? Date.parse(rotation.since) + SETTLING_SECONDS * 1000
        : Date.parse(signedUntil) + (LEAF_SECONDS + SETTLING_SECONDS) * 1000;
    await sleep(Math.max(safe - Date.now(), 0));
    const isTaken = async () => (await stack.run("up", "--yes", "--skip-preview")).exitCode === 0;
    await waitFor(`root 2 does not get to phase '${phase}'`, isTaken, RENEWAL_SECONDS);
  }

  /** @returns what a run reports that refuses. @param command default: a preview. */
  async function refused(
    phase: Phase,
    changes: object,
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

  /** Roots in cluster-a's contract, PEM. */
  async function roots(): Promise<string[]> {
    const contract = (await (await clusterA()).output("federation")) as { rootCertificates: string[] };
    return contract.rootCertificates;
  }
});

function changeStackFile(stack: string, config: StackFileConfig): void {
  if (stack === A.name) {
    const istio = config["istio-federation:istio"] as {
      values: { istiod: { meshConfig: { defaultConfig: object } } };
    };
    const proxyMetadata = { SECRET_TTL: `${LEAF_SECONDS}s` };
    Object.assign(istio.values.istiod.meshConfig.defaultConfig, { proxyMetadata });
    config["istio-federation:certificateAuthority"] = {
      workloadCertificateHours: LEAF_SECONDS / 3600,
      settlingMinutes: SETTLING_SECONDS / 60,
    };
  }
  if (stack === B.name) {
    const peers = config["istio-federation:peers"] as Record<string, object>;
    Object.assign(peers[A.name]!, { identity: { acceptAnnouncedRoots: true } });
  }
}
