import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { FederatedCluster } from "../../components/federatedCluster.ts";
import {
  ACCESS,
  FIRST_UPDATE,
  NOW,
  TOKEN,
  TRUSTING,
  meshConfig,
  meshContract,
} from "../federation/mesh/meshSamples.ts";
import { viewMeshPeers } from "../federation/planContext.ts";
import { ROOT_CERTIFICATE, ROOT_A } from "../federation/samples.ts";
import { clusterPlan } from "./clusterPlan.ts";
import { MockEngine, READER, READER_LIFE, READER_TOKEN, settled } from "./mockEngine.ts";

const SERVER = "https://203.0.113.10:6443";
const SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270";

/** Declares cluster-a in a single mesh with cluster-b, which has granted access or not. */
async function declare(
  preview: boolean,
  changes: { isIn?: boolean; isThere?: boolean; config?: object; settings?: object } = {},
) {
  const { isIn = true, isThere, config: section = {}, settings = {} } = changes;
  const engine = new MockEngine();
  await engine.start(preview, isThere);
  const config = meshConfig({ ...section });
  const access = isIn ? { "cluster-a": ACCESS } : {};
  const reading = { contract: meshContract(), access, trustAnchors: TRUSTING };
  const { peers } = viewMeshPeers(config, { "cluster-b": reading }, FIRST_UPDATE, NOW);
  const connection = {
    kind: "mesh" as const,
    settings: {
      ...config.singleMesh!,
      apiServer: { server: SERVER, certificateAuthority: ROOT_A },
      ...settings,
    },
    peers,
  };
  const { FederatedCluster: Cluster } = await import("../../components/federatedCluster.ts");
  const cluster = new Cluster("cluster-a", clusterPlan(config, { connection }));
  await engine.finish();
  return { engine, cluster };
}

const rulesOf = (engine: MockEngine, ending: string) => engine.named(ending).inputs["rules"] as object[];

for (const preview of [true, false]) {
  describe(`A cluster in a single mesh, ${preview ? "previewed" : "applied"}`, () => {
    let engine: MockEngine;
    let cluster: FederatedCluster;

    before(async () => ({ engine, cluster } = await declare(preview)));

    it("creates a ServiceAccount for the peer that Pods do not mount", () => {
      const { inputs } = engine.named("reader-account");
      assert.deepEqual(inputs["metadata"], { name: READER, namespace: "istio-system" });
      assert.equal(inputs["automountServiceAccountToken"], false);
    });

    it("grants the peer list and watch on named kinds only", () => {
      const rules = [...rulesOf(engine, "reader-cluster-role"), ...rulesOf(engine, "reader-role")] as {
        resources: string[];
        verbs: string[];
      }[];
      assert.deepEqual(new Set(rules.flatMap(({ verbs }) => verbs)), new Set(["list", "watch"]));
      assert.ok(rules.every(({ resources }) => !resources.includes("*")));
    });

    it("grants the peer one ConfigMap in istiod's namespace", () => {
      assert.deepEqual(rulesOf(engine, "reader-role"), [
        { apiGroups: [""], resources: ["configmaps"], resourceNames: ["istio"], verbs: ["list", "watch"] },
      ]);
      const { inputs } = engine.named("reader-binding");
      assert.deepEqual(inputs["metadata"], { name: READER, namespace: "istio-system" });
      for (const binding of ["reader-binding", "reader-cluster-binding"]) {
        assert.deepEqual(engine.named(binding).inputs["subjects"], [
          { kind: "ServiceAccount", name: READER, namespace: "istio-system" },
        ]);
      }
    });

    it("requests a token of that ServiceAccount with the configured lifetime", () => {
      const { inputs } = engine.named("reader-token");
      assert.equal(inputs["hours"], 720);
      assert.equal(inputs["peer"], "cluster-b");
      const { metadata } = engine.named("reader-account").inputs as { metadata: object };
      assert.ok(!("uid" in metadata), "the mock engine is to answer a preview with the inputs only");
      const uid = preview ? pulumi.unknown : "uid-of-reader";
      assert.deepEqual([inputs["serviceAccount"], inputs["uid"]], [READER, uid]);
    });

    it(preview ? "leaves the token unknown" : "publishes the token for the peer, as a secret", async () => {
      assert.equal(await pulumi.isSecret(cluster.outputs.access!), true);
      assert.deepEqual(
        await settled(cluster.outputs.access!),
        preview
          ? undefined
          : {
              "cluster-b": {
                server: SERVER,
                certificateAuthority: ROOT_A,
                token: READER_TOKEN,
                ...READER_LIFE,
              },
            },
      );
    });

    it("records the credential's lifetime in clear, and the token nowhere", async () => {
      assert.equal(await pulumi.isSecret(cluster.outputs.lastRun.credentials), false);
      assert.deepEqual(
        await settled(cluster.outputs.lastRun.credentials),
        preview ? undefined : { "cluster-b": READER_LIFE },
      );
    });

    it("creates a remote Secret for the peer as a secret input", () => {
      const { inputs } = engine.named("peer-cluster-b-remote");
      assert.deepEqual(inputs["metadata"], {
        name: "istio-remote-secret-cluster-b",
        namespace: "istio-system",
        labels: { "istio/multiCluster": "true" },
        annotations: { "networking.istio.io/cluster": "cluster-b" },
      });
      assert.ok(JSON.stringify(inputs["stringData"]).includes(SECRET_MARK));
    });

    it("has the peer's token in no other input", async () => {
      assert.equal(await pulumi.isSecret(cluster.outputs.lastRun.joined), true);
      const others = engine.resources.filter(({ name }) => !name.endsWith("peer-cluster-b-remote"));
      assert.ok(!JSON.stringify(others).includes(TOKEN));
      assert.ok(
        !JSON.stringify([
          await settled(cluster.outputs.peers),
          await settled(cluster.outputs.federation),
        ]).includes(TOKEN),
      );
    });

    it("declares a Gateway for every Service of the cluster, on its own network only", () => {
      const gateway = engine.named("gateway-gateway").inputs as { spec: { servers: { hosts: string[] }[] } };
      assert.deepEqual(gateway.spec.servers[0]?.hosts, ["*.svc.cluster.local"]);
      const { values } = engine.named("gateway-release").inputs as { values: { networkGateway: string } };
      assert.equal(values.networkGateway, "cluster-a");
      const service = engine.named("gateway-service").inputs as { metadata: { labels: object } };
      assert.deepEqual(service.metadata.labels, {
        "app.kubernetes.io/managed-by": "istio-federation",
        "topology.istio.io/network": "cluster-a",
      });
    });

    it("names its root after the cluster, as peers have the same trust domain", () => {
      assert.deepEqual(engine.named("ca-root").inputs["subject"], {
        organization: "cluster.local",
        organizationalUnit: "cluster-a",
        commonName: "Root CA",
      });
    });

    it("sets the mesh ID of istiod", () => {
      const { values } = engine.named("istio-istiod").inputs as {
        values: { global: Record<string, unknown> };
      };
      assert.equal(values.global["meshID"], "mesh1");
      assert.equal(values.global["network"], "cluster-a");
    });

    it("imports no service of the peer", () => {
      const names = engine.resources.map(({ name }) => name);
      assert.deepEqual(
        names.filter((name) => /imports|leftovers/.test(name)),
        [],
      );
    });

    if (!preview) {
      it("publishes the mesh ID and no services", async () => {
        const contract = await settled(cluster.outputs.federation);
        assert.ok(contract !== undefined && "services" in contract);
        assert.deepEqual(
          [contract.topology, contract.meshId, contract.services, contract.rootCertificates],
          ["single-mesh", "mesh1", {}, [ROOT_CERTIFICATE]],
        );
        assert.deepEqual(await settled(cluster.outputs.peers), {
          "cluster-b": { state: "ready", reason: "", since: "", imported: 0 },
        });
      });
    }
  });
}

describe("A cluster in a single mesh", () => {
  const has = (engine: MockEngine, ending: string) =>
    engine.resources.some(({ name }) => name.endsWith(ending));

  it("grants access to a pending peer and reads nothing from it", async () => {
    const { engine, cluster } = await declare(false, { isIn: false });
    assert.ok(has(engine, "reader-token"));
    assert.ok(!has(engine, "peer-cluster-b-remote"));
    const status = (await settled(cluster.outputs.peers))?.["cluster-b"];
    assert.equal(status?.state, "pending");
    assert.match(status.reason, /gives this cluster no access/);
    assert.deepEqual(await settled(cluster.outputs.lastRun.joined), {});
  });

  it("creates a token without expiry, kept in a Secret, only if the config allows it", async () => {
    const { engine } = await declare(false, { settings: { longLivedTokens: true } });
    const { type, inputs } = engine.named("reader-token");
    assert.equal(type, "kubernetes:core/v1:Secret");
    assert.equal(inputs["type"], "kubernetes.io/service-account-token");
    assert.ok(!engine.resources.some((resource) => resource.type.endsWith(":ReaderToken")));
  });

  for (const isThere of [false, true]) {
    it(`takes no value that a preview of ${isThere ? "an update" : "a creation"} leaves unknown for assigned`, async () => {
      const ending = await declare(true, { isThere });
      assert.equal(ending.engine.named("reader-token").inputs["uid"], pulumi.unknown);
      const { cluster } = await declare(true, { isThere, settings: { longLivedTokens: true } });
      assert.equal(await settled(cluster.outputs.lastRun.credentials), undefined);
      assert.equal(await settled(cluster.outputs.access!), undefined);
    });
  }

  it("warns of a lifetime cut short by the API server in an update only", async () => {
    const { log } = pulumi;
    const warnings: string[] = [];
    const warn = log.warn;
    try {
      Object.assign(log, { warn: (text: string) => Promise.resolve(warnings.push(text)) });
      for (const preview of [true, false]) {
        const { cluster } = await declare(preview, { settings: { tokenHours: 8760 } });
        await settled(cluster.outputs.lastRun.credentials);
      }
    } finally {
      Object.assign(log, { warn });
    }
    assert.deepEqual(warnings.length, 1);
    assert.match(warnings[0] ?? "", /gives the credential of peer cluster-b 720 h, not the 8760 h/);
  });

  it("has istiod find node ports on all nodes", async () => {
    const { engine } = await declare(false, { config: { gateway: { service: { type: "NodePort" } } } });
    const { metadata } = engine.named("gateway-service").inputs as { metadata: { annotations: object } };
    assert.deepEqual(metadata.annotations, {
      "traffic.istio.io/nodeSelector": "{}",
      "pulumi.com/skipAwait": "true",
    });
  });
});
