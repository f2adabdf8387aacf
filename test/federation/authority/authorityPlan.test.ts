import assert from "node:assert/strict";
import type { ExistingObjects } from "../../../federation/core/installation.ts";
import { randomBytes } from "node:crypto";
import { planAuthority } from "../../../federation/authority/authority.ts";
import type { Phase, RotationRecord } from "../../../federation/authority/rotation.ts";
import type { IstiodTrust } from "../../../federation/authority/rotationStep.ts";
import type { RootReading } from "../../../federation/authority/shared.ts";
import type { StackConfig } from "../../../federation/config/stackConfig.ts";
import type { LastRun } from "../../../federation/lastRun.ts";
import type { ClusterReadings, Reading } from "../../../federation/snapshot.ts";
import { fingerprintOf } from "../../../federation/x509/certificate.ts";
import { signRequest } from "../../../federation/authority/signRequest.ts";
import { signedInputs } from "../../providers/support/authorityInputs.ts";
import { TestAuthority } from "../../support/testAuthority.ts";
import { testRequest } from "../../support/testRequest.ts";
import { runPart } from "../planContext.ts";
import { UNREACHABLE_CLUSTER, clusterPlanOf, faultsIn, planOf } from "../planning.ts";
import { KUBECONFIG, ROOT_A, ROOT_B, contractOf, validConfig } from "../samples.ts";
import { validSignature } from "../signers.ts";

const NOW = new Date("2026-11-21T10:00:00Z");

describe("A plan of own roots", () => {
  const ROOTS = { 1: fingerprintOf(ROOT_A), 2: fingerprintOf(ROOT_B) };
  const record = (root: number, phase: Phase): RotationRecord => ({
    root,
    phase,
    since: "2026-11-20T10:00:00Z",
    roots: ROOTS,
    signedUntil: {},
  });
  const installed = (roots: string[], changes: Partial<IstiodTrust> = {}): ClusterReadings["istiod"] => ({
    value: {
      isInstalled: true,
      roots: roots.map(fingerprintOf),
      signer: undefined,
      signedUntil: {},
      ...changes,
    },
  });
  const BOTH = installed([ROOT_A, ROOT_B]);
  const refusal = { path: "kubeconfig.context", rule: "cannot get Secret cacerts: 403", remedy: "Allow it" };

  /** @param trusted roots of ours that peer cluster-b trusts. */
  function plan(
    last: RotationRecord | undefined,
    rotation: { root: number; phase: Phase } | undefined,
    trusted: string[] = [ROOT_A, ROOT_B],
    istiod: ClusterReadings["istiod"] = BOTH,
  ) {
    const cluster = { name: "cluster-a", domain: "a.local" };
    const config = validConfig(
      { cluster, kubeconfig: KUBECONFIG, certificateAuthority: rotation && { rotation } },
      "cluster-a",
    );
    const pinned = { clusterDomain: "b.local", trustDomain: "b.local", rootCertificates: [] };
    const us = { clusterDomain: "a.local", trustDomain: "a.local", rootCertificates: trusted };
    const { result, notes } = runPart(
      config,
      {
        peers: { "cluster-b": { contract: {}, trustAnchors: { us } } },
        lastRun: { rotation: last, pinned: { "cluster-b": pinned } },
        snapshot: { now: NOW, cluster: { istiod } },
      },
      planAuthority,
    );
    assert.ok(result?.source === "own");
    return { ...result.rotation, notes };
  }

  it("has the first root in a new stack, without istiod", () => {
    const now = "2026-11-21T10:00:00Z";
    const wanted = { root: 1, phase: "drop" };
    for (const last of [undefined, record(1, "drop")]) {
      const forbidden = { forbidden: "get Secret cacerts", fault: refusal };
      assert.deepEqual(plan(last, undefined, [], forbidden), { wanted, last, now, notes: [] });
    }
  });

  it("signs with the next root once peers and istiod trust it", () => {
    const { wanted, notes } = plan(record(2, "trust"), { root: 2, phase: "sign" });
    assert.deepEqual(wanted, { root: 2, phase: "sign" });
    assert.deepEqual(notes, ["Root 2 changes to phase 'sign' (the last update: root 2, phase 'trust')"]);
  });

  it("has a fault for a step that the record of the last one rules out", () => {
    const signing = { ...record(2, "sign"), signedUntil: { 1: "2026-11-21T09:00:00Z" } };
    const steps: [RotationRecord, Phase, RegExp][] = [
      [record(1, "drop"), "trust", /^skips phase 'announce': root 2 has not been published/],
      [record(2, "sign"), "announce", /^drops root 2, which signs/],
      [record(2, "drop"), "sign", /^is root 1, which was dropped and cannot be used again/],
      [signing, "drop", /^drops root 1 while workloads may have certificates under it, until/],
    ];
    for (const [last, phase, rule] of steps) {
      const istiod = installed([ROOT_B, ROOT_A]);
      const [fault, ...others] = faultsIn(() => plan(last, { root: 2, phase }, undefined, istiod));
      assert.deepEqual(others, []);
      assert.equal(fault?.path, "certificateAuthority.rotation");
      assert.match(fault.rule, rule);
    }
  });

  it("has a fault listing the peers and the istiod that do not trust the next root yet", () => {
    const behind = (trusted: string[], istiod?: ClusterReadings["istiod"]) => {
      const faults = faultsIn(() => plan(record(2, "trust"), { root: 2, phase: "sign" }, trusted, istiod));
      assert.ok(faults.every(({ path }) => path === "certificateAuthority.rotation"));
      return faults.map(({ rule }) => rule.split(" by ")[1]);
    };
    assert.deepEqual(behind([ROOT_A]), ["peer cluster-b"]);
    assert.deepEqual(behind([ROOT_A], installed([ROOT_A])), ["peer cluster-b", "this cluster's istiod"]);
    const unknown = installed([], { roots: undefined });
    assert.deepEqual(behind([ROOT_A, ROOT_B], unknown), ["this cluster's istiod (cannot be read)"]);
  });

  it("takes the signer from the cacerts Secret after a failed update", async () => {
    const root = await TestAuthority.root("O=a.local, CN=Root CA 2");
    const last = { ...record(2, "trust"), roots: { ...ROOTS, 2: fingerprintOf(root.pem) } };
    const signer = installed([ROOT_A, ROOT_B], { signer: fingerprintOf(root.pem) });
    const faults = faultsIn(() => plan(last, { root: 2, phase: "announce" }, undefined, signer));
    assert.match(faults.map(({ rule }) => rule).join(), /drops root 2 while workloads may have certificates/);
    const signedUntil = { 2: "2026-11-21T09:59:00Z" };
    const before = installed([ROOT_A, ROOT_B], { signedUntil });
    assert.deepEqual(
      plan(last, { root: 2, phase: "trust" }, undefined, before).last?.signedUntil,
      signedUntil,
    );
  });

  it("does not change the phase while the cluster is unreachable", () => {
    const { istiod } = UNREACHABLE_CLUSTER;
    const [fault, ...others] = faultsIn(() =>
      plan(record(2, "trust"), { root: 2, phase: "sign" }, [ROOT_B], istiod),
    );
    assert.deepEqual(others, []);
    assert.match(fault?.rule ?? "", /this cluster's istiod \(cannot be read\)/);
  });

  it("has a fault where the user may not read what a phase change needs", () => {
    const forbidden = { forbidden: "get Secret cacerts", fault: refusal };
    const faults = faultsIn(() => plan(record(2, "trust"), { root: 2, phase: "sign" }, [ROOT_B], forbidden));
    assert.deepEqual(faults[0], refusal);
  });

  it("notes whether the next phase can follow", () => {
    const stays = (trusted: string[]) => plan(record(2, "trust"), { root: 2, phase: "trust" }, trusted).notes;
    assert.deepEqual(stays([ROOT_A, ROOT_B]), ["Root 2 is in phase 'trust'; phase 'sign' can follow"]);
    assert.match(stays([ROOT_A]).join(), /phase 'sign' has to wait, as it is too early: .* peer cluster-b$/);
  });
});

describe("A plan of provided certificates", () => {
  let root: TestAuthority;
  let mesh: TestAuthority;

  before(async () => {
    root = await TestAuthority.root("O=Company, CN=Root");
    mesh = await root.intermediate("O=Company, CN=Mesh");
  });

  const config = validConfig(
    {
      cluster: { name: "cluster-a", domain: "a.local" },
      kubeconfig: KUBECONFIG,
      certificateAuthority: { source: "provided", provided: { certificate: "c", key: "k", root: "r" } },
    },
    "cluster-a",
  );
  const now = new Date();

  it("has the certificates that were read and validated", () => {
    const provided = { value: { certificate: mesh.pem, key: mesh.keyPem(), root: root.pem } };
    const { authority } = clusterPlanOf(config, { snapshot: { now, provided } }).plan;
    assert.ok(authority.source === "provided");
    assert.equal(authority.authority.roots.length, 1);
    assert.deepEqual(authority.roots, authority.authority.roots);
  });

  it("has the faults of the certificates, or of reading them", () => {
    const wrong = { value: { certificate: mesh.pem, key: root.keyPem(), root: root.pem } };
    const unread = { path: "certificateAuthority.provided.key", rule: "cannot be read", remedy: "Name it" };
    assert.deepEqual(
      faultsIn(() => planOf(config, { snapshot: { now, provided: wrong } })).map(({ path }) => path),
      ["certificateAuthority.provided.key"],
    );
    const snapshot = { now, provided: { faults: [unread] } };
    assert.deepEqual(
      faultsIn(() => planOf(config, { snapshot })),
      [unread],
    );
  });
});

describe("A plan of a cluster under a shared root", () => {
  const config: StackConfig = validConfig(
    {
      cluster: { name: "cluster-a", domain: "cluster-a.local", trustDomain: "b.local" },
      kubeconfig: KUBECONFIG,
      certificateAuthority: { source: "shared", shared: { stack: "root-ca" } },
      gateway: { advertise: [{ address: "203.0.113.10" }] },
    },
    "cluster-a",
  );
  const MISSING = { value: { pending: "stack root-ca does not exist" } };
  let request: string;
  let root: TestAuthority;
  let certificate: string;

  before(async () => {
    root = await TestAuthority.root("O=shared", { notAfter: new Date(Date.now() + 1e11) });
    const asked = await testRequest("O=b.local, CN=Intermediate CA");
    request = asked.pem;
    certificate = signRequest(signedInputs(root, asked), undefined, new Date(), randomBytes).certificate;
  });

  const signed = (): Reading<RootReading> => ({
    value: {
      outputs: { rootCertificates: [root.pem], signedCertificates: { "cluster-a": certificate } },
    },
  });
  const contract = contractOf({
    cluster: "cluster-a",
    clusterDomain: "cluster-a.local",
    trustDomain: "b.local",
    rootCertificates: [ROOT_A],
    services: {},
  });
  const given = (
    sharedRoot: Reading<RootReading>,
    lastRun: Partial<LastRun> = {},
    cluster: Partial<ClusterReadings> = UNREACHABLE_CLUSTER,
  ) => ({ lastRun, snapshot: { now: new Date(), sharedRoot, cluster } });

  it("has only a key and a signing request while it waits, with a warning", () => {
    const { plan, warnings, notes } = planOf(config, given(MISSING));
    assert.deepEqual(plan, { kind: "waiting", config, intermediate: 1, contractStack: undefined });
    assert.deepEqual(warnings, [
      "Cluster cluster-a waits for its certificate: stack root-ca does not exist. Until then only its key and its signing request are made",
    ]);
    assert.deepEqual(notes, []);
  });

  it("has a fault instead of waiting where Istio is installed, which would be removed", () => {
    const istiod = { isInstalled: true, roots: undefined, signer: undefined, signedUntil: {} };
    const faults = faultsIn(() => planOf(config, given(MISSING, {}, { istiod: { value: istiod } })));
    assert.match(
      faults.map(({ rule }) => rule).join(),
      /whose Istio is installed \(Secret istio-system\/cacerts\) and would be removed/,
    );
  });

  it("waits beside an Istio that no state has, which stays", () => {
    const istiod = { isInstalled: true, roots: undefined, signer: undefined, signedUntil: {} };
    const labels = { "app.kubernetes.io/managed-by": "istio-federation" };
    const secret = { kind: "Secret", namespace: "istio-system", name: "cacerts" };
    const found = [{ ...secret, labels }];
    const cluster = (inState: ExistingObjects["inState"]) => ({
      istiod: { value: istiod },
      existing: { value: { found, inState, takesOver: true } },
    });
    const { plan, warnings } = planOf(config, given(MISSING, {}, cluster([])));
    assert.equal(plan.kind, "waiting");
    // Nothing is taken over yet.
    assert.equal(warnings.length, 1);
    for (const inState of [[secret], undefined])
      assert.equal(faultsIn(() => planOf(config, given(MISSING, {}, cluster(inState)))).length, 1);
  });

  it("reports while it waits what would keep Istio from being installed", () => {
    const istiod = { namespace: "istio-system", name: "istiod", status: "pending-install", revision: 1 };
    const mirrored = { name: "x", labels: { "istio-federation.dev/peer": "cluster-a" } };
    const cluster = {
      helm: { value: { installed: [istiod], inState: [], unownedCrds: [], unowned: [] } },
      leftovers: { value: [mirrored] },
    };
    const faults = faultsIn(() => planOf(config, given(MISSING, {}, cluster)));
    assert.deepEqual(
      faults.map(({ path, value }) => [path, value]),
      [
        ["kubeconfig.context", config.kubeconfig.context],
        ["", "istio-system/istiod"],
      ],
    );
  });

  it("does not announce the removal of leftovers while it waits, as nothing is removed then", () => {
    const leftovers = { value: [{ name: "x", labels: { "istio-federation.dev/peer": "cluster-x" } }] };
    const { warnings } = planOf(config, given(MISSING, {}, { leftovers }));
    assert.equal(warnings.length, 1);
    assert.match(warnings.join(), /^Cluster cluster-a waits for its certificate/);
  });

  it("has the intermediate that the root issued", () => {
    const { plan, notes } = clusterPlanOf(config, given(signed(), { certificateRequest: request }));
    assert.ok(plan.authority.source === "shared");
    assert.equal(plan.authority.authority.certificate, certificate);
    assert.deepEqual(notes, [
      `the root of stack root-ca is trusted from now on: SHA-256 ${root.fingerprint}`,
    ]);
  });

  it("keeps the last intermediate, also one with a key of the time of the own root", () => {
    const issued = { certificate, rootCertificates: [`${root.pem}\n`], intermediate: 2 };
    const lastRun = { contract, certificateRequest: request, issued };
    const { plan, warnings } = clusterPlanOf(config, given(MISSING, lastRun));
    assert.ok(plan.authority.source === "shared");
    assert.deepEqual(plan.authority.authority, issued);
    assert.match(warnings.join("\n"), /^The last certificate issued for cluster-a is kept: /m);
  });

  it("moves from its own root with its present key once that is signed", () => {
    const since = "2026-11-21T10:00:00Z";
    const rotation = { root: 2, phase: "drop", since, roots: {}, signedUntil: {} } as const;
    const lastRun = { contract, certificateRequest: request, rotation };
    const unsigned = { value: { outputs: { rootCertificates: [root.pem], signedCertificates: {} } } };
    assert.match(
      faultsIn(() => planOf(config, given(unsigned, lastRun)))
        .map(({ rule }) => rule)
        .join(),
      /which runs and would be left without one: its request is published, and stack root-ca has not signed it/,
    );
    const { authority } = clusterPlanOf(config, given(signed(), lastRun)).plan;
    assert.ok(authority.source === "shared");
    assert.equal(authority.authority.intermediate, 2);
  });

  it("names the intermediate's key after the signing root while that is its own", () => {
    const since = "2026-11-21T10:00:00Z";
    const rotation = { root: 2, phase: "trust", since, roots: {}, signedUntil: {} } as const;
    const found = planOf(config, given(MISSING, { rotation })).plan;
    assert.ok(found.kind === "waiting");
    assert.equal(found.intermediate, 1);
    const signs = { ...rotation, phase: "sign" } as const;
    const next = planOf(config, given(MISSING, { rotation: signs })).plan;
    assert.ok(next.kind === "waiting");
    assert.equal(next.intermediate, 2);
  });

  it("has a fault where the root's stack cannot be read, beside all others", () => {
    const fault = (path: string) => ({ faults: [{ path, rule: "cannot be read", remedy: "Log in" }] });
    const peers = {
      "cluster-b": { stack: "b", required: true },
      "cluster-c": { stack: "c" },
      "cluster-d": { stack: "d" },
    };
    const contractOfPeer = (name: string) => {
      const domains = { clusterDomain: `${name}.local`, trustDomain: `${name}.local` };
      const published = contractOf({ cluster: name, ...domains, services: {} });
      return { value: { contract: published, signature: validSignature(published) } };
    };
    const { snapshot, lastRun } = given(fault("certificateAuthority.shared.stack"), { contract });
    const faults = faultsIn(() =>
      planOf(
        { ...config, peers },
        {
          lastRun,
          snapshot: {
            ...snapshot,
            peers: {
              "cluster-b": fault("peers.cluster-b.stack"),
              // Both under the shared root, which nobody can see now to be in common with this cluster.
              "cluster-c": contractOfPeer("cluster-c"),
              "cluster-d": contractOfPeer("cluster-d"),
            },
          },
        },
      ),
    );
    assert.deepEqual(
      faults.map(({ path }) => path),
      ["certificateAuthority.shared.stack", "peers.cluster-b.stack"],
    );
  });
});
