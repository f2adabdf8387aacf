import assert from "node:assert/strict";
import { parseContract } from "../../federation/contract/contract.ts";
import { clusterPlan, providedPlan, sharedPlan } from "./clusterPlan.ts";
import { INTERMEDIATE_CERTIFICATE, MockEngine, settled } from "./mockEngine.ts";
import { viewPeers } from "../federation/planContext.ts";
import { ROOT_CERTIFICATE, ROOT_B, ROOT_C, contractOf, validConfig } from "../federation/samples.ts";

const config = validConfig(
  {
    cluster: { name: "cluster-a", domain: "cluster-a.local" },
    kubeconfig: { context: "a" },
    certificateAuthority: { source: "shared", shared: { stack: "root-ca" } },
    gateway: { advertise: [{ address: "203.0.113.10" }] },
    peers: { "cluster-b": { stack: "b" }, "cluster-c": { stack: "c" } },
  },
  "cluster-a",
);
const shared = {
  certificate: INTERMEDIATE_CERTIFICATE,
  rootCertificates: [ROOT_CERTIFICATE],
  intermediate: 1,
};
const ofB = contractOf({ rootCertificates: [ROOT_CERTIFICATE] });
const ofC = contractOf({
  ...{ cluster: "cluster-c", clusterDomain: "c.local", trustDomain: "c.local", services: {} },
  rootCertificates: [ROOT_C],
});
const { peers } = viewPeers(
  config,
  {
    "cluster-b": { contract: parseContract(ofB, "b") },
    "cluster-c": { contract: parseContract(ofC, "c") },
  },
  {},
  new Date("2026-11-21T10:28:15Z"),
  sharedPlan(shared),
);

for (const preview of [true, false]) {
  describe(`A cluster under a shared root, ${preview ? "previewed" : "applied"}`, () => {
    let engine: MockEngine;

    beforeEach(async () => {
      engine = new MockEngine();
      await engine.start(preview);
    });

    async function declareWaiting() {
      const { WaitingCluster } = await import("../../components/waitingCluster.ts");
      const cluster = new WaitingCluster("cluster-a", {
        kind: "waiting",
        config,
        intermediate: 1,
        contractStack: undefined,
      });
      const request = await settled(cluster.outputs.certificateRequest);
      await engine.finish();
      return request;
    }

    async function declareRunning() {
      const { FederatedCluster } = await import("../../components/federatedCluster.ts");
      const plan = clusterPlan(config, { authority: sharedPlan(shared), connection: { peers } });
      const cluster = new FederatedCluster("cluster-a", plan);
      await engine.finish();
      return cluster;
    }

    it("creates only its key and its signing request while it waits for its intermediate", async () => {
      const request = await declareWaiting();
      assert.deepEqual(
        engine.resources.map(({ type, name }) => `${type} ${name}`),
        [
          "istio-federation:index:FederatedCluster cluster-a",
          "istio-federation:index:CertificateAuthority cluster-a-ca",
          "tls:index/privateKey:PrivateKey cluster-a-ca-intermediate-key",
          "tls:index/certRequest:CertRequest cluster-a-ca-intermediate-request",
        ],
      );
      assert.equal(request, preview ? undefined : "request cluster-a-ca-intermediate-request");
    });

    it("keeps key and request once its intermediate is issued", async () => {
      await declareWaiting();
      const waiting = engine.resources;
      engine = new MockEngine();
      await engine.start(preview);
      await declareRunning();
      for (const { type, name, inputs } of waiting) {
        const now = engine.resources.find((resource) => resource.type === type && resource.name === name);
        assert.deepEqual(now?.inputs, inputs, name);
      }
    });

    it("makes no root and gives istiod the issued intermediate and the shared root", async () => {
      const cluster = await declareRunning();
      assert.ok(!engine.resources.some(({ type }) => /SelfSignedCert|TrustAnchor/.test(type)));
      assert.equal(
        cluster.outputs.certificateRequest && (await settled(cluster.outputs.certificateRequest)),
        preview ? undefined : "request cluster-a-ca-intermediate-request",
      );
      assert.deepEqual(cluster.outputs.lastRun.issued, shared);
      if (preview) return;
      const { value } = engine.named("ca-cacerts").inputs["stringData"] as { value: Record<string, string> };
      assert.deepEqual(value, {
        "ca-cert.pem": INTERMEDIATE_CERTIFICATE,
        "ca-key.pem": "private key of cluster-a-ca-intermediate-key",
        "root-cert.pem": ROOT_CERTIFICATE,
        "cert-chain.pem": INTERMEDIATE_CERTIFICATE + ROOT_CERTIFICATE,
      });
      const contract = await settled(cluster.outputs.federation);
      assert.deepEqual(contract && "rootCertificates" in contract && contract.rootCertificates, [
        ROOT_CERTIFICATE,
      ]);
    });

    it("trusts a peer under the shared root by that root, and another peer by its root as it is", async () => {
      const cluster = await declareRunning();
      const { values } = engine.named("istio-istiod").inputs as {
        values: { meshConfig: { caCertificates: unknown } };
      };
      assert.deepEqual(values.meshConfig.caCertificates, [
        { pem: ROOT_CERTIFICATE, trustDomains: ["cluster-b.local"] },
        { pem: ROOT_C, trustDomains: ["c.local"] },
      ]);
      const certificates = await settled(cluster.outputs.certificates);
      assert.deepEqual(Object.keys(certificates ?? {}), [
        "intermediate",
        "root",
        "trust anchor of cluster-c",
      ]);
    });
  });
}

it("A cluster that moved under a shared root keeps trusting its former root without publishing it", async () => {
  const engine = new MockEngine();
  await engine.start(false);
  const { FederatedCluster } = await import("../../components/federatedCluster.ts");
  const former = { rootCertificates: [ROOT_B], since: "2026-11-21T10:28:15Z" };
  const authority = sharedPlan({ ...shared, former });
  const cluster = new FederatedCluster("cluster-a", clusterPlan(config, { authority }));
  await engine.finish();
  const { value } = engine.named("ca-cacerts").inputs["stringData"] as { value: Record<string, string> };
  assert.equal(value["root-cert.pem"], ROOT_CERTIFICATE + ROOT_B);
  assert.equal(value["cert-chain.pem"], INTERMEDIATE_CERTIFICATE + ROOT_CERTIFICATE);
  const contract = await settled(cluster.outputs.federation);
  assert.deepEqual(contract && "rootCertificates" in contract && contract.rootCertificates, [
    ROOT_CERTIFICATE,
  ]);
});

it("A provided root with its key signs trust anchors for other roots only", async () => {
  const engine = new MockEngine();
  await engine.start(false);
  const { FederatedCluster } = await import("../../components/federatedCluster.ts");
  const issuer = { certificate: ROOT_CERTIFICATE, key: "its key" };
  const provided = {
    certificate: INTERMEDIATE_CERTIFICATE,
    key: "-",
    chain: [],
    roots: [ROOT_CERTIFICATE],
    issuer,
  };
  const both = { ...peers["cluster-b"]!.pinned!, rootCertificates: [ROOT_CERTIFICATE, ROOT_B] };
  const mixed = { ...peers, "cluster-b": { ...peers["cluster-b"]!, pinned: both } };
  const plan = clusterPlan(config, { authority: providedPlan(provided), connection: { peers: mixed } });
  new FederatedCluster("cluster-a", plan);
  await engine.finish();
  assert.deepEqual(engine.named("trust-cluster-b").inputs["rootCertificates"], [ROOT_B]);
  const { values } = engine.named("istio-istiod").inputs as {
    values: { meshConfig: { caCertificates: { pem: string; trustDomains: string[] }[] } };
  };
  const ofPeerB = values.meshConfig.caCertificates.filter(
    ({ trustDomains }) => trustDomains[0] === "cluster-b.local",
  );
  assert.equal(ofPeerB.length, 2);
  assert.equal(ofPeerB[0]?.pem, ROOT_CERTIFICATE);
});
