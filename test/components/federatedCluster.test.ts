import assert from "node:assert/strict";
import { FIRST_ROOT } from "../../federation/authority/rotation.ts";
import { parseContract } from "../../federation/contract/contract.ts";
import { fingerprintOf } from "../../federation/x509/certificate.ts";
import { clusterConfig } from "./clusterConfig.ts";
import { clusterPlan } from "./clusterPlan.ts";
import { ANCHOR_CERTIFICATE, MockEngine, settled } from "./mockEngine.ts";
import { viewPeers } from "../federation/planContext.ts";
import { ROOT_CERTIFICATE, ROOT_B } from "../federation/samples.ts";

const config = clusterConfig({
  exports: [{ namespace: "abc", service: "foo" }],
  peers: { "cluster-b": { stack: "cluster-b" }, "cluster-c": { stack: "cluster-c" } },
});

const services = {
  "foo.abc.svc.cluster-a.local": {
    ports: [{ number: 8080, name: "http", protocol: "HTTP" as const }],
    subjectAltNames: ["spiffe://cluster-a.local/ns/abc/sa/foo"],
  },
};

const contractOfB = parseContract(
  {
    schemaVersion: 1,
    revision: 1,
    cluster: "cluster-b",
    clusterDomain: "cluster-b.local",
    trustDomain: "cluster-b.local",
    network: "cluster-b",
    rootCertificates: [ROOT_B],
    gateways: [{ address: "203.0.113.20", port: 15443 }],
    services: {
      "bar.xyz.svc.cluster-b.local": {
        ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
        subjectAltNames: ["spiffe://cluster-b.local/ns/xyz/sa/bar"],
      },
    },
  },
  "test",
);

const { peers } = viewPeers(
  config,
  { "cluster-b": { contract: contractOfB }, "cluster-c": { pending: "stack cluster-c does not exist yet" } },
  {},
  new Date("2026-11-21T10:28:15Z"),
);

const leftovers = { "cluster-old": { entries: 12, newest: "2026-11-20T10:22:05Z" } };

for (const preview of [true, false]) {
  describe(`FederatedCluster, ${preview ? "previewed" : "applied"}`, () => {
    const engine = new MockEngine();
    let contract: unknown;
    let status: unknown;
    let anchors: unknown;
    let certificates: unknown;
    let rotation: unknown;

    before(async () => {
      await engine.start(preview);
      const { FederatedCluster } = await import("../../components/federatedCluster.ts");
      const cluster = new FederatedCluster(
        "cluster-a",
        clusterPlan(config, { services, connection: { peers, leftovers } }),
      );
      contract = await settled(cluster.outputs.federation);
      status = await settled(cluster.outputs.peers);
      anchors = cluster.outputs.trustAnchors;
      certificates = await settled(cluster.outputs.certificates);
      rotation = cluster.outputs.lastRun.rotation && (await settled(cluster.outputs.lastRun.rotation));
    });

    it("names each resource after its parent", () => {
      const strangers = engine.resources.filter(({ name }) => !name.startsWith("cluster-a"));
      assert.deepEqual(strangers, []);
    });

    it("declares a Gateway with exactly the exported hosts", () => {
      const gateway = engine.named("gateway-gateway").inputs as { spec: { servers: { hosts: string[] }[] } };
      assert.deepEqual(
        gateway.spec.servers.map(({ hosts }) => hosts),
        [["foo.abc.svc.cluster-a.local"]],
      );
    });

    it("declares each imported service as structured inputs", () => {
      const imports = engine.named("peer-cluster-b-imports").inputs;
      assert.deepEqual(Object.keys(imports.services as object), ["bar.xyz.svc.cluster-b.local"]);
      assert.deepEqual(imports.gateways, [{ address: "203.0.113.20", port: 15443 }]);
      assert.equal(imports.pending, undefined);
    });

    it("removes leftovers of former peers before importing from current ones", () => {
      assert.deepEqual(engine.named("cluster-a-leftovers").inputs.found, leftovers);
      const names = engine.resources.map(({ name }) => name);
      assert.ok(names.indexOf("cluster-a-leftovers") < names.indexOf("cluster-a-peer-cluster-b"));
    });

    it("imports nothing from a pending peer and hands on why it is pending", () => {
      const imports = engine.named("peer-cluster-c-imports").inputs;
      assert.deepEqual(imports.services, {});
      assert.equal(imports.pending, "stack cluster-c does not exist yet");
    });

    it("re-certifies each peer's roots, constrained to the peer's trust domain", () => {
      const { inputs } = engine.named("cluster-a-trust-cluster-b");
      assert.equal(inputs.trustDomain, "cluster-b.local");
      assert.deepEqual(inputs.rootCertificates, [ROOT_B]);
      if (!preview) assert.match(JSON.stringify(inputs.issuerKey), /private key of cluster-a-ca-root-key/);
      assert.ok(!engine.resources.some(({ name }) => name === "cluster-a-trust-cluster-c"));
    });

    it("configures the trust anchors of peers with a known contract in istiod, never the peers' roots", () => {
      const istiod = engine.named("istio-istiod").inputs as {
        values: { meshConfig: { caCertificates: unknown; trustDomainAliases?: unknown } };
      };
      const { caCertificates } = istiod.values.meshConfig;
      const anchored = [{ pem: ANCHOR_CERTIFICATE, trustDomains: ["cluster-b.local"] }];
      if (preview) assert.ok(!Array.isArray(caCertificates), "not known before there is an anchor");
      else assert.deepEqual(caCertificates, anchored);
      assert.equal(istiod.values.meshConfig.trustDomainAliases, undefined);
      assert.deepEqual(Object.keys(anchors as object), ["cluster-b"]);
    });

    it("disables the charts' cluster-wide reader ServiceAccount", () => {
      for (const chart of ["istio-base", "istio-istiod"]) {
        const { values } = engine.named(chart).inputs as { values: { global: Record<string, unknown> } };
        assert.equal(values.global["enableReaderRBAC"], false);
      }
    });

    it("enables multiple roots in istiod and in every proxy", () => {
      const { values } = engine.named("istio-istiod").inputs as {
        values: {
          env: Record<string, string>;
          meshConfig: { defaultConfig: { proxyMetadata: Record<string, string> } };
        };
      };
      assert.equal(values.env.ISTIO_MULTIROOT_MESH, "true");
      assert.equal(values.meshConfig.defaultConfig.proxyMetadata.PROXY_CONFIG_XDS_AGENT, "true");
    });

    it("stores the kubeconfig's name and no credentials, and pins the cluster", () => {
      const provider = engine.named("cluster-a-cluster").inputs;
      assert.deepEqual(provider, {
        clusterIdentifier: "cluster-a",
        enableConfigMapMutable: "true",
        enablePatchForce: "true",
        enableSecretMutable: "true",
        kubeconfig: "kubeconfig",
        context: "cluster-a",
      });
    });

    it("registers all Kubernetes resources with the pinned provider", () => {
      const kubernetes = engine.resources.filter(({ type }) => /^kubernetes:/.test(type));
      assert.equal(kubernetes.length, 10);
      assert.deepEqual(
        kubernetes.filter(({ provider }) => !provider.includes("::cluster-a-cluster::")),
        [],
      );
    });

    it("records the rotation phase of its root in lastRun", () => {
      const roots = { 1: fingerprintOf(ROOT_CERTIFICATE) };
      const record = { ...FIRST_ROOT, since: "2026-11-21T10:00:00Z", roots, signedUntil: {} };
      assert.deepEqual(rotation, preview ? undefined : record);
    });

    it("requires mutual TLS in the whole mesh", () => {
      const policy = engine.named("strict-mtls").inputs;
      assert.deepEqual(policy.spec, { mtls: { mode: "STRICT" } });
      const labels = { "app.kubernetes.io/managed-by": "istio-federation" };
      assert.deepEqual(policy.metadata, { name: "default", namespace: "istio-system", labels });
    });

    it(
      preview ? "leaves the contract unknown until its root exists" : "publishes a contract with its root",
      () => {
        if (preview) {
          assert.equal(contract, undefined);
        } else {
          const { signature, ...content } = contract as { signature: string };
          assert.match(signature, /^[\w-]+\.\.[\w-]+$/);
          assert.deepEqual(content, {
            schemaVersion: 1,
            revision: 1,
            cluster: "cluster-a",
            clusterDomain: "cluster-a.local",
            meshDomain: "cluster-a.mesh",
            domains: [],
            trustDomain: "cluster-a.local",
            network: "cluster-a",
            topology: "federation",
            meshId: undefined,
            signingKey: undefined,
            rootCertificates: [ROOT_CERTIFICATE],
            gateways: [{ address: "203.0.113.10", port: 15443 }],
            services,
            imports: {},
          });
        }
      },
    );

    it(
      preview
        ? "leaves the dates of future certificates unknown"
        : "reports the validity of each certificate that it made",
      () => {
        const names = certificates === undefined ? [] : Object.keys(certificates as object);
        assert.deepEqual(names, preview ? [] : ["intermediate", "root", "trust anchor of cluster-b"]);
      },
    );

    it(preview ? "leaves the number of imports unknown" : "reports the state of each peer", () => {
      if (preview) {
        assert.equal(status, undefined);
      } else {
        assert.deepEqual(status, {
          "cluster-b": { state: "ready", reason: "", since: "", imported: 1 },
          "cluster-c": {
            state: "pending",
            reason: "stack cluster-c does not exist yet",
            since: "2026-11-21T10:28:15Z",
            imported: 1,
          },
        });
      }
    });
  });
}
