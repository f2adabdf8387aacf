import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { pinnedVersion } from "../../../lab/tools/versions.ts";
import { parseConfig } from "../../../federation/config/stackConfig.ts";
import { KUBECONFIG, LOCAL_CLUSTER, configFaults, validConfig } from "../samples.ts";

describe("The source of Istio's charts", () => {
  it("is by default the release tested in the lab", () => {
    const { charts } = validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG }, "cluster-a").istio;
    const release = /^\d+\.\d+/;
    assert.ok("version" in charts);
    assert.equal(release.exec(charts.version)?.[0], release.exec(pinnedVersion("pilot-discovery"))?.[0]);
  });

  for (const [name, raw, path] of [
    [
      "a folder and a repository",
      { istio: { charts: { folder: "x", repository: "https://x.y" } } },
      "istio.charts.folder",
    ],
    [
      "a folder and a version",
      { istio: { charts: { folder: "x", version: "1.31.1" } } },
      "istio.charts.folder",
    ],
    [
      "a repository without a scheme",
      { istio: { charts: { repository: "x.y" } } },
      "istio.charts.repository",
    ],
    ["a version range", { istio: { charts: { version: "~1.31" } } }, "istio.charts.version"],
    [
      "a version that YAML reads as a number",
      { istio: { charts: { version: 1.3 } } },
      "istio.charts.version",
    ],
  ] as const) {
    it(`is refused for ${name}`, () => {
      assert.deepEqual(configFaults(raw), [path]);
    });
  }
});

describe("Extra Helm values", () => {
  for (const [path, raw] of Object.entries({
    "istio.values.istiod.meshConfig.caCertificates": {
      istio: { values: { istiod: { meshConfig: { caCertificates: [] } } } },
    },
    "istio.values.istiod.meshConfig.trustDomain": {
      istio: { values: { istiod: { meshConfig: { trustDomain: "x" } } } },
    },
    "istio.values.istiod.global.network": { istio: { values: { istiod: { global: { network: "x" } } } } },
    "gateway.values.service.type": { gateway: { values: { service: { type: "NodePort" } } } },
    "gateway.values.labels.istio": { gateway: { values: { labels: { istio: "x" } } } },
  })) {
    it(`may not contradict the contract by ${path}`, () => {
      assert.deepEqual(configFaults(raw), [path]);
    });
  }

  it("may set any other key", () => {
    const values = {
      istiod: { meshConfig: { accessLogFile: "/dev/stdout" }, global: { tag: "x" } },
      base: { a: 1 },
    };
    assert.deepEqual(configFaults({ istio: { values }, gateway: { values: { replicaCount: 2 } } }), []);
  });
});

describe("An Istio that is there", () => {
  const cluster = { name: "cluster-a" };
  const existing = { istio: { existing: {} } };
  const provided = (changes: object, parts: object = {}) => ({
    source: "provided",
    provided: { root: "root.pem", rootKey: "root-key.pem", ...parts },
    ...changes,
  });

  it("states the cluster's domains and network, unless the config does", () => {
    const raw = { cluster, kubeconfig: { context: "a" }, ...existing };
    const read = { domain: "a.local", trustDomain: "a.mesh", network: "west" };
    const parsed = parseConfig(raw, "cluster-a", [], read);
    assert.deepEqual(parsed.faults, []);
    const { domain, trustDomain, network } = parsed.config?.cluster ?? ({} as never);
    assert.deepEqual({ domain, trustDomain, network }, read);
    const set = parseConfig({ ...raw, cluster: { ...cluster, domain: "b.local" } }, "cluster-a", [], read);
    assert.deepEqual([set.config?.cluster.domain, set.config?.cluster.trustDomain], ["b.local", "a.mesh"]);
  });

  it("is needed for a config without a cluster domain, which is the only fault then", () => {
    const { config, faults } = parseConfig({ cluster, kubeconfig: { context: "a" } }, "cluster-a");
    assert.equal(config, undefined);
    assert.deepEqual(
      faults.map(({ path, rule }) => `${path}: ${rule}`),
      ["cluster.domain: is missing"],
    );
  });

  it("leaves nothing to be read where its section is faulty", () => {
    const { config, faults } = parseConfig(
      { cluster, kubeconfig: { context: "a" }, istio: { existing: { revison: "x" } } },
      "cluster-a",
    );
    assert.equal(config, undefined);
    assert.deepEqual(
      faults.map(({ path }) => path),
      ["istio.existing.revison"],
    );
  });

  for (const [path, section] of [
    ["istio.values", { istio: { existing: {}, values: { istiod: { pilot: {} } } } }],
    ["certificateAuthority.rotation", { certificateAuthority: { rotation: { root: 2, phase: "announce" } } }],
    ["certificateAuthority.settlingMinutes", { certificateAuthority: { settlingMinutes: 3 } }],
    ["certificateAuthority.source", { certificateAuthority: { source: "own" } }],
    ["certificateAuthority.source", { certificateAuthority: { source: "shared", shared: { stack: "r" } } }],
    [
      "certificateAuthority.rotation",
      { certificateAuthority: provided({ rotation: { root: 2, phase: "sign" } }) },
    ],
    [
      "certificateAuthority.provided.certificate",
      { certificateAuthority: provided({}, { certificate: "x.pem" }) },
    ],
    ["certificateAuthority.provided.key", { certificateAuthority: provided({}, { key: "x.pem" }) }],
    ["certificateAuthority.provided.chain", { certificateAuthority: provided({}, { chain: "x.pem" }) }],
    ["certificateAuthority.provided.rootKey", { certificateAuthority: provided({}, { rootKey: undefined }) }],
    ["certificateAuthority.provided.root", { certificateAuthority: provided({}, { root: undefined }) }],
    ["topology", { topology: "replicated" }],
  ] as const)
    it(`excludes ${path}`, () => {
      const found = configFaults({ ...existing, ...section });
      assert.ok(found.includes(path), found.join());
    });

  const owners = { namespace: "edge", selector: { istio: "eastwest" }, service: "eastwest" };
  for (const [path, sections] of [
    ["gateway.existing", { gateway: { existing: owners } }],
    ["gateway.service", { ...existing, gateway: { existing: owners, service: { type: "NodePort" } } }],
    ["gateway.values", { ...existing, gateway: { existing: owners, values: { replicaCount: 2 } } }],
    ["gateway.existing.selector", { ...existing, gateway: { existing: { ...owners, selector: {} } } }],
    [
      'gateway.existing.selector["a b"]',
      { ...existing, gateway: { existing: { ...owners, selector: { "a b": "c" } } } },
    ],
    [
      "gateway.existing.namespace",
      { ...existing, gateway: { existing: { ...owners, namespace: undefined } } },
    ],
    ["gateway.existing.service", { ...existing, gateway: { existing: { ...owners, service: "a/b" } } }],
  ] as const)
    it(`has a gateway of its owner's, without contradiction: ${path}`, () => {
      assert.deepEqual(configFaults(sections), [path]);
    });

  it("has a gateway of its owner's, whose addresses, locality and timeout the config may set", () => {
    const gateway = {
      existing: owners,
      advertise: [{ address: "203.0.113.1" }],
      locality: "eu/1",
      bind: "10.0.0.1",
    };
    assert.deepEqual(configFaults({ ...existing, gateway }), []);
  });

  it("may serve the contract, and have Deckhouse clusters as peers", () => {
    const publish = { host: "contracts.a.example", credentialName: "contracts" };
    const deckhouse = { metadataEndpoint: "https://istio.b.example/metadata/" };
    const peer = { deckhouse, identity: { trustDomain: "b.local" } };
    assert.deepEqual(configFaults({ ...existing, publish, peers: { "cluster-b": peer } }), []);
  });

  it("may have its root given with the key", () => {
    assert.deepEqual(configFaults({ ...existing, certificateAuthority: provided({}) }), []);
    const others = { certificateAuthority: provided({}) };
    assert.deepEqual(configFaults(others), [
      "certificateAuthority.provided.certificate",
      "certificateAuthority.provided.key",
    ]);
  });
});
