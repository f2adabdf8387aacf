import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { parseContract } from "../../federation/contract/contract.ts";
import { canonicalCertificate } from "../../federation/x509/certificate.ts";
import { publicKeyFingerprint } from "../../federation/x509/keys.ts";
import { installed, joiningConfig, controlPlane } from "../federation/existing/installation.ts";
import { clusterPlanOf } from "../federation/planning.ts";
import type { Given } from "../federation/planContext.ts";
import { ROOT_A, ROOT_B, contractOf } from "../federation/samples.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { ANCHOR_CERTIFICATE, MockEngine, NEXT_ROOT_CERTIFICATE, settled } from "./mockEngine.ts";

const config = joiningConfig({
  gateway: { advertise: [{ address: "203.0.113.10" }], values: { replicaCount: 3 } },
  exports: [{ namespace: "abc", service: "foo" }],
  peers: { "cluster-b": { stack: "cluster-b", exportTo: ["client"] } },
});

const service = {
  namespace: "abc",
  name: "foo",
  labels: {},
  annotations: {},
  selector: { app: "foo" },
  ports: [{ name: "http", port: 8080 }],
};

const canary = controlPlane({
  name: "istiod-canary",
  revision: "canary",
  meshConfig: { trustDomain: "cluster-a.mesh", discoverySelectors: [{ matchLabels: { mesh: "a" } }] },
});

const given: Given = {
  peers: { "cluster-b": { contract: contractOf() } },
  snapshot: {
    cluster: {
      installation: {
        value: installed({
          controlPlanes: [canary],
          namespaces: { abc: { mesh: "a" } },
          proxies: [{ namespace: "client", name: "curl-1", variables: [] }],
        }),
      },
      services: {
        value: {
          services: [
            {
              ...service,
              annotations: {
                "istio-federation.dev/subject-alt-names": "spiffe://cluster-a.mesh/ns/abc/sa/foo",
              },
            },
          ],
          workloads: [],
          namespaces: { abc: { mesh: "a" } },
        },
      },
    },
  },
};

/** Parts of a provided authority that istiod has itself. */
const NO_PARTS = { certificate: undefined, key: undefined, chain: undefined };

const { plan } = clusterPlanOf(config, given);

for (const preview of [true, false]) {
  describe(`FederatedCluster in an Istio of somebody else, ${preview ? "previewed" : "applied"}`, () => {
    const engine = new MockEngine();
    let contract: unknown;
    let certificates: unknown;
    let restarts: unknown;

    before(async () => {
      await engine.start(preview);
      const { FederatedCluster } = await import("../../components/federatedCluster.ts");
      const { outputs } = new FederatedCluster("cluster-a", plan);
      contract = await settled(outputs.federation);
      certificates = await settled(outputs.certificates);
      restarts = outputs.restarts;
      await engine.finish();
    });

    const kindsOf = (pattern: RegExp): string[] =>
      engine.resources.filter(({ type }) => pattern.test(type)).map(({ type, name }) => `${type} ${name}`);

    it("touches nothing of the owner's", () => {
      const places = engine.resources.map(
        ({ inputs }) => (inputs as { metadata?: { name?: string; namespace?: string } }).metadata,
      );
      const inSystem = places
        .filter((place) => place?.namespace === "istio-system")
        .map((place) => place?.name);
      assert.deepEqual(inSystem, ["istio-federation"]);
      assert.ok(!places.some((place) => place?.name === "istio-system"));
      assert.deepEqual(kindsOf(/helm/), ["kubernetes:helm.sh/v3:Release cluster-a-gateway-release"]);
      assert.deepEqual(kindsOf(/PeerAuthentication|v1:Secret/), []);
    });

    it("puts peers' anchors and the federation root into the mesh config that istiod reads second", () => {
      const { data, metadata } = engine.named("cluster-a-istio-istio-federation").inputs as {
        data: { mesh: string };
        metadata: object;
      };
      const labels = { "app.kubernetes.io/managed-by": "istio-federation" };
      assert.deepEqual(metadata, { name: "istio-federation", namespace: "istio-system", labels });
      if (preview) return;
      const anchored = { pem: ANCHOR_CERTIFICATE, trustDomains: ["cluster-b.local"] };
      assert.deepEqual(JSON.parse(data.mesh), { caCertificates: [anchored, anchored] });
    });

    it("has the anchors issued by a federation root that excludes our own trust domain", () => {
      const root = engine.named("cluster-a-federation-root-constrained").inputs;
      assert.deepEqual([root.scope, root.trustDomain], ["allBut", "cluster-a.mesh"]);
      const anchor = engine.named("cluster-a-trust-cluster-b").inputs;
      assert.deepEqual(
        [anchor.scope, anchor.trustDomain, anchor.rootCertificates],
        ["only", "cluster-b.local", [ROOT_B]],
      );
      if (preview) return;
      assert.equal(anchor.issuerCertificate, ANCHOR_CERTIFICATE);
      assert.match(JSON.stringify(anchor.issuerKey), /private key of cluster-a-federation-root-key/);
    });

    it("gives proxies their variables by a ProxyConfig in each namespace, and names the Pods to restart", () => {
      const found = engine.resources.filter(({ inputs }) => inputs["kind"] === "ProxyConfig");
      assert.deepEqual(
        found
          .map(({ inputs }) => inputs["metadata"] as { namespace: string })
          .map(({ namespace }) => namespace),
        ["abc", "client"],
      );
      assert.deepEqual(found[0]?.inputs["spec"], {
        environmentVariables: { PROXY_CONFIG_XDS_AGENT: "true", ISTIO_META_DNS_CAPTURE: "true" },
      });
      assert.deepEqual(restarts, ["client/curl-1"]);
    });

    it("has the gateway injected by the revision, and our namespaces seen by istiod", () => {
      const { values } = engine.named("cluster-a-gateway-release").inputs as {
        values: Record<string, unknown>;
      };
      assert.equal(values["revision"], "canary");
      assert.equal(values["replicaCount"], 3);
      assert.deepEqual(values["env"], { PROXY_CONFIG_XDS_AGENT: "true" });
      for (const name of ["gateways", "imports"]) {
        const { metadata } = engine.named(`cluster-a-${name}-namespace`).inputs as {
          metadata: { labels: Record<string, string> };
        };
        assert.equal(metadata.labels["mesh"], "a", name);
      }
    });

    it("publishes the mesh's roots, and the key that signs", () => {
      if (preview) return;
      const { signature, ...content } = contract as Record<string, unknown>;
      assert.match(String(signature), /^[\w-]+\.\.[\w-]+$/);
      const { rootCertificates, signingKey, trustDomain } = parseContract(content, "test");
      assert.deepEqual([rootCertificates, trustDomain], [[ROOT_A], "cluster-a.mesh"]);
      assert.equal(signingKey, publicKeyFingerprint(new X509Certificate(NEXT_ROOT_CERTIFICATE).publicKey));
      const { uris, isCaCertificate } = engine.named("cluster-a-contract").inputs;
      assert.deepEqual(
        [uris, isCaCertificate],
        [["spiffe://cluster-a.mesh/istio-federation/contract"], undefined],
      );
    });

    it("reports the federation root among its certificates", () => {
      if (!preview) assert.ok("federation root" in (certificates as object));
    });
  });
}

describe("FederatedCluster in an Istio of somebody else, with the mesh's root and its key", () => {
  const engine = new MockEngine();
  let root: TestAuthority;
  let contract: unknown;
  let certificates: unknown;

  before(async () => {
    root = await TestAuthority.root("O=Company, CN=Root", { notBefore: new Date("2026-01-01") });
    const pem = canonicalCertificate(root.pem) ?? "";
    const { snapshot = {} } = given;
    const installation = { value: installed({ rootCertificates: pem }) };
    const withRoot = clusterPlanOf(
      { ...config, certificateAuthority: { ...config.certificateAuthority, source: "provided" } },
      {
        ...given,
        snapshot: {
          ...snapshot,
          provided: { value: { ...NO_PARTS, root: pem, rootKey: root.keyPem() } },
          cluster: { ...snapshot.cluster, installation },
        },
      },
    );
    await engine.start(false);
    const { FederatedCluster } = await import("../../components/federatedCluster.ts");
    const { outputs } = new FederatedCluster("cluster-a", withRoot.plan);
    contract = await settled(outputs.federation);
    certificates = await settled(outputs.certificates);
    await engine.finish();
  });

  it("has it issue the anchors, and makes no federation root", () => {
    const anchor = engine.named("cluster-a-trust-cluster-b").inputs;
    assert.equal(anchor.issuerCertificate, canonicalCertificate(root.pem));
    assert.ok(!engine.resources.some(({ name }) => name.includes("federation-root")));
    const { data } = engine.named("cluster-a-istio-istio-federation").inputs as { data: { mesh: string } };
    const anchored = { pem: ANCHOR_CERTIFICATE, trustDomains: ["cluster-b.local"] };
    assert.deepEqual(JSON.parse(data.mesh), { caCertificates: [anchored] });
    assert.ok(!("federation root" in (certificates as object)));
  });

  it("has it certify the contract's signer, so peers pin no key", () => {
    const { signature: _, ...content } = contract as Record<string, unknown>;
    assert.equal(parseContract(content, "test").signingKey, undefined);
    const { caCertPem } = engine.named("cluster-a-contract").inputs;
    assert.equal(caCertPem, canonicalCertificate(root.pem));
  });

  it("writes no cacerts", () => {
    const inSystem = engine.resources.flatMap(({ inputs }) => {
      const { metadata } = inputs as { metadata?: { name?: string; namespace?: string } };
      return metadata?.namespace === "istio-system" ? [metadata.name] : [];
    });
    assert.deepEqual(inSystem, ["istio-federation"]);
  });
});

describe("FederatedCluster in an Istio of somebody else in other namespaces", () => {
  const engine = new MockEngine();
  const hosts = ["cart.shop.svc.cluster-b.local"];

  before(async () => {
    const { meshConfig } = canary;
    const namespace = "mesh-system";
    const controlPlanes = [
      { ...canary, namespace, meshConfig: { ...(meshConfig as object), rootNamespace: "mesh" } },
    ];
    const installation = {
      value: installed({ namespace, controlPlanes, namespaces: { abc: { mesh: "a" } } }),
    };
    const { snapshot } = given;
    const { plan: elsewhere } = clusterPlanOf(
      { ...config, istio: { ...config.istio, existing: { namespace, revision: undefined } } },
      { ...given, snapshot: { ...snapshot, cluster: { ...snapshot?.cluster, installation } } },
    );
    assert.ok(elsewhere.connection.kind === "imports");
    const trustDomainHosts = { "cluster-b": { trustDomain: "b.local", hosts } };
    await engine.start(true);
    const { FederatedCluster } = await import("../../components/federatedCluster.ts");
    const connection = { ...elsewhere.connection, trustDomainHosts };
    await settled(new FederatedCluster("cluster-a", { ...elsewhere, connection }).outputs.federation);
    await engine.finish();
  });

  it("has the anchors beside istiod, and what is for all proxies in the root namespace", () => {
    const places = engine.resources.flatMap(({ type, inputs }) => {
      const { metadata, kind = type.split(":").at(-1) } = inputs as {
        kind?: string;
        metadata?: { namespace?: string };
      };
      const { namespace = "" } = metadata ?? {};
      return /system|^mesh/.test(namespace) ? [`${kind} in ${namespace}`] : [];
    });
    assert.deepEqual(places.sort(), ["ConfigMap in mesh-system", "EnvoyFilter in mesh"]);
  });
});

describe("FederatedCluster in an Istio of somebody else that serves the contract, to Deckhouse clusters too", () => {
  const engine = new MockEngine();

  before(async () => {
    const publish = { host: "contracts.a.example", credentialName: "contracts" };
    const serving = joiningConfig({ gateway: { advertise: [{ address: "203.0.113.10" }] }, publish });
    const { plan: served } = clusterPlanOf({ ...config, publish: serving.publish }, given);
    assert.ok(served.connection.kind === "imports" && served.publish !== undefined);
    const names = { cluster: "cluster-b", clusterDomain: "b.local", trustDomain: "b.local" };
    const reader = { ...names, peer: "cluster-b", clusterUUID: UUID, authnKeyPub: "" };
    const hosts = ["cart.shop.svc.cluster-b.local"];
    await engine.start(true);
    const { FederatedCluster } = await import("../../components/federatedCluster.ts");
    const { outputs } = new FederatedCluster("cluster-a", {
      ...served,
      hasDeckhousePeers: true,
      publish: { ...served.publish, readers: [reader] },
      connection: {
        ...served.connection,
        trustDomainHosts: { "cluster-b": { trustDomain: "b.local", hosts } },
      },
    });
    await settled(outputs.federation);
    await engine.finish();
  });

  it("has its gateway injected by the same revision, in a namespace that istiod sees", () => {
    const { values } = engine.named("cluster-a-publish-release").inputs as { values: { revision: string } };
    assert.equal(values.revision, "canary");
    const { metadata } = engine.named("cluster-a-publish-namespace").inputs as {
      metadata: { name: string; labels: Record<string, string> };
    };
    assert.deepEqual([metadata.name, metadata.labels["mesh"]], ["istio-publish", "a"]);
  });

  it("declares nothing that the documented rights do not allow", async () => {
    const files = ["existing-istio-rights.yaml", "existing-istio-publish-rights.yaml"];
    const texts = await Promise.all(files.map((file) => readFile(join("docs", file), "utf8")));
    const roles = texts.flatMap((text) => loadAll(text)) as Role[];
    const declared = engine.resources.flatMap(({ type, inputs }) => {
      if (!type.startsWith("kubernetes:") || type.includes("helm")) return [];
      const [, version = "", kind = ""] = /^kubernetes:(?:core\/)?([^:]+):(.*)$/.exec(type) ?? [];
      const { metadata, ...object } = inputs as unknown as Declared;
      return [{ apiVersion: object.apiVersion ?? version, kind: object.kind ?? kind, metadata }];
    });
    assert.ok(declared.some(({ kind }) => kind === "EnvoyFilter"));
    assert.ok(declared.some(({ kind }) => kind === "RequestAuthentication"));
    for (const verb of ["create", "patch", "delete"])
      assert.deepEqual(
        declared.filter((object) => !isAllowed(roles, object, verb)),
        [],
        verb,
      );
  });
});

const UUID = "11111111-2222-3333-4444-555555555555";

interface Declared {
  apiVersion?: string;
  kind?: string;
  metadata: { name: string; namespace?: string };
}

/** Fields of a Role or ClusterRole. */
interface Role {
  metadata: { namespace?: string };
  rules?: { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[];
}

function isAllowed(roles: readonly Role[], { apiVersion, kind, metadata }: Declared, verb: string): boolean {
  const group = apiVersion?.includes("/") === true ? (apiVersion.split("/")[0] ?? "") : "";
  const resource = `${kind?.toLowerCase().replace(/(?<=[^aeiou])y$/, "ie")}s`;
  return roles
    .filter(({ metadata: { namespace } }) => namespace === undefined || namespace === metadata.namespace)
    .flatMap(({ rules = [] }) => rules)
    .some(
      ({ apiGroups, resources, verbs, resourceNames }) =>
        apiGroups.includes(group) &&
        resources.includes(resource) &&
        verbs.includes(verb) &&
        (resourceNames === undefined || resourceNames.includes(metadata.name)),
    );
}
