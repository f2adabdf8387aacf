import assert from "node:assert/strict";
import { planRotation } from "../../discovery/rotation.ts";
import { SurveyedCluster } from "../../discovery/surveyedCluster.ts";
import type { Phase, RotationPlan, RotationRecord } from "../../federation/authority/rotation.ts";
import { fingerprintOf } from "../../federation/x509/certificate.ts";
import { faultsError } from "./support.ts";
import { ROOT_A, ROOT_B, validConfig } from "../federation/samples.ts";
import { type Answer, FakeApiServer } from "../providers/support/fakeApiServer.ts";
import { writeNowhere } from "../providers/support/kubeconfigFile.ts";
import { TestAuthority } from "../support/testAuthority.ts";

const NOW = new Date("2026-11-21T10:00:00Z");
const ROOTS = { 1: fingerprintOf(ROOT_A), 2: fingerprintOf(ROOT_B) };
const CONFIG_MAP = "/api/v1/namespaces/istio-system/configmaps/istio-ca-root-cert";
const SECRET = "/api/v1/namespaces/istio-system/secrets/cacerts";

/** As an API server says it: a proxy's 404 has no such body. */
const NOT_FOUND = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 };

describe("The plan of a rotation", () => {
  let server: FakeApiServer;
  /** What istiod says that it runs with. */
  let istiod: string | undefined;
  /** What it is to sign with. */
  let secret: object | undefined;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    istiod = ROOT_A + ROOT_B;
    secret = undefined;
    server = await FakeApiServer.start();
    server.answerBy((request) => {
      asked.push(request);
      const answer = (body: object | undefined): Answer =>
        body === undefined ? { status: 404, body: NOT_FOUND } : { status: 200, body };
      if (request.includes(SECRET)) return answer(secret);
      if (!request.includes(CONFIG_MAP)) return answer({});
      return answer(
        istiod === undefined ? undefined : { metadata: { name: "x" }, data: { "root-cert.pem": istiod } },
      );
    });
  });

  afterEach(() => {
    server.stop();
  });

  const record = (root: number, phase: Phase): RotationRecord => ({
    root,
    phase,
    since: "2026-11-20T10:00:00Z",
    roots: ROOTS,
    signedUntil: {},
  });

  /** @param roots of ours that peer cluster-b trusts. */
  function plan(
    last: RotationRecord | undefined,
    rotation: { root: number; phase: Phase } | undefined,
    roots: string[] = [ROOT_A, ROOT_B],
    kubeconfig = server.kubeconfig,
  ): Promise<RotationPlan> {
    const cluster = { name: "cluster-a", domain: "a.local" };
    const config = validConfig(
      { cluster, kubeconfig, certificateAuthority: rotation && { rotation } },
      "cluster-a",
    );
    const peer = { clusterDomain: "b.local", trustDomain: "b.local", rootCertificates: [] };
    const own = {
      contract: undefined,
      certificates: {},
      pinned: { "cluster-b": peer },
      statuses: {},
      credentials: {},
      joined: {},
    };
    const trusted = { clusterDomain: "a.local", trustDomain: "a.local", rootCertificates: roots };
    return planRotation(
      config,
      Promise.resolve({ ...own, ...(last === undefined ? {} : { rotation: last }) }),
      Promise.resolve({ "cluster-b": { contract: {}, trustAnchors: { us: trusted } } }),
      new SurveyedCluster(config.kubeconfig),
      NOW,
    );
  }

  it("of a stack without one is its first root, and asks nobody", async () => {
    const wanted = { root: 1, phase: "drop" };
    const now = "2026-11-21T10:00:00Z";
    assert.deepEqual(await plan(record(1, "drop"), undefined), { wanted, last: record(1, "drop"), now });
    assert.deepEqual(asked, []);
  });

  it("lets a root sign once peers and istiod trust it", async () => {
    const { wanted, note } = await plan(record(2, "trust"), { root: 2, phase: "sign" });
    assert.deepEqual(wanted, { root: 2, phase: "sign" });
    assert.equal(note, "Root 2 goes to phase 'sign' (the last update: root 2, phase 'trust')");
  });

  it("refuses to skip, and lists who is behind: peers, and istiod as long as it has not taken the root in", async () => {
    const behind = async (roots: string[]) => {
      const { faults } = await faultsError(plan(record(2, "trust"), { root: 2, phase: "sign" }, roots));
      assert.ok(faults.every(({ path }) => path === "certificateAuthority.rotation"));
      return faults.map(({ rule }) => rule.split(" by ")[1]);
    };
    assert.deepEqual(await behind([ROOT_A]), ["peer cluster-b"]);
    istiod = ROOT_A;
    assert.deepEqual(await behind([ROOT_A]), ["peer cluster-b", "this cluster's istiod"]);
    istiod = undefined;
    assert.deepEqual(await behind([ROOT_A, ROOT_B]), ["this cluster's istiod (cannot be read)"]);
  });

  it("sees by the Secret what an update left that failed: a root that signed has certificates out", async () => {
    const root = await TestAuthority.root("O=a.local, CN=Root CA 2");
    const mesh = await root.intermediate("O=a.local, CN=Intermediate CA");
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const data = { "ca-cert.pem": base64(mesh.pem), "root-cert.pem": base64(root.pem + ROOT_A) };
    const last = { ...record(2, "trust"), roots: { ...ROOTS, 2: fingerprintOf(root.pem) } };
    secret = { metadata: { name: "cacerts" }, data };
    const { faults } = await faultsError(plan(last, { root: 2, phase: "announce" }));
    assert.match(faults.map(({ rule }) => rule).join(), /drops root 2 while workloads may have certificates/);
    const annotations = { "istio-federation.dev/signed-until": '{"2": "2026-11-21T09:59:00Z"}' };
    secret = { metadata: { name: "cacerts", annotations } };
    assert.deepEqual((await plan(last, { root: 2, phase: "trust" })).last?.signedUntil, {
      2: "2026-11-21T09:59:00Z",
    });
  });

  it("does not move on where the cluster cannot be asked", async () => {
    const nowhere = await writeNowhere();
    const { faults } = await faultsError(
      plan(record(2, "trust"), { root: 2, phase: "sign" }, [ROOT_B], nowhere),
    );
    assert.match(faults[0]?.rule ?? "", /this cluster's istiod \(cannot be read\)/);
  });

  it("that stays in its phase says whether the next one can follow", async () => {
    const stays = async (roots: string[]) =>
      (await plan(record(2, "trust"), { root: 2, phase: "trust" }, roots)).note;
    assert.equal(await stays([ROOT_A, ROOT_B]), "Root 2 is in phase 'trust'; phase 'sign' can follow");
    assert.match(
      (await stays([ROOT_A])) ?? "",
      /phase 'sign' has to wait, as it is too early: .* peer cluster-b$/,
    );
  });
});
