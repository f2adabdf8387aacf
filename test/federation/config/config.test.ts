import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { CONFIG_KEYS } from "../../../federation/config/stackConfig.ts";
import { FaultsError, describeFault } from "../../../federation/core/fault.ts";
import { KUBECONFIG, LOCAL_CLUSTER as cluster, configFaults, faultsThrown, validConfig } from "../samples.ts";

/** A config with every field set. */
const full = {
  cluster: {
    ...cluster,
    trustDomain: "a.example",
    network: "Network_A",
    meshDomain: "a.acme.internal",
    domains: [],
  },
  topology: "federation",
  kubeconfig: { path: "~/.kube/config", context: "a" },
  certificateAuthority: {
    source: "own",
    algorithm: "RSA",
    expiryWarningDays: 30,
    workloadCertificateHours: 24,
    settlingMinutes: 10,
    allowUnconstrainedAnchors: true,
  },
  istio: {
    charts: { repository: "oci://registry.example/charts", version: "1.31.1" },
    values: { base: { a: 1 }, istiod: { b: { c: null } } },
    revision: "1-31",
    former: {
      ...{ revision: "1-30", charts: { repository: "oci://registry.example/charts", version: "1.30.2" } },
      values: { istiod: { d: 1 } },
    },
  },
  gateway: {
    service: {
      type: "ClusterIP",
      annotations: { "service.beta.kubernetes.io/x": "internal" },
      labels: { team: "mesh" },
      internalTrafficPolicy: "Local",
    },
    advertise: [
      { address: "203.0.113.10", port: 443, locality: "eu/a" },
      { address: "gw.example.com", port: 15443 },
    ],
    bind: "127.10.0.3",
    addressTimeoutSeconds: 0,
    values: { replicaCount: 2 },
  },
  publish: {
    host: "contracts.example.com",
    credentialName: "contracts",
    service: { type: "NodePort", annotations: {}, labels: {}, nodePort: 31443 },
    bind: "127.10.0.4",
    values: { replicaCount: 2 },
  },
  exports: [
    { namespace: "xyz", service: "bar" },
    { selector: { "istio-federation.dev/export": "true" } },
    { selector: { "istio-federation.dev/export": "true" }, namespace: "abc" },
  ],
  contract: { stack: "cluster-a-contract" },
  notify: [
    { operatorStack: { namespace: "pulumi", name: "cluster-b", path: "~/ops", context: "ops" } },
    { repository: "acme/clusters", tokenEnv: "DISPATCH_TOKEN", api: "https://github.example/api/v3" },
    { url: "https://hooks.example/contract", secretEnv: "HOOK_SECRET" },
  ],
  peers: {
    "cluster-b": { stack: "cluster-b", exportTo: ["abc", "."] },
    "cluster-c": { stack: "acme/mesh/c.prod_1", exportTo: ["*"], names: "mesh" },
  },
  brake: { removals: 5, share: 0.25 },
  traffic: {
    files: ["traffic/*.yaml"],
    objects: [],
    canaries: [{ host: "stock.shop", to: "stock.shop.svc.cluster-b.local", percent: 20 }],
    egress: {
      hosts: ["api.example.com"],
      port: 9093,
      via: { service: "firewall.security", port: 8443 },
      gateway: {
        ...{ install: true, values: { replicaCount: 2 } },
        ...{ namespace: "out", service: "out", selector: { app: "out" } },
      },
    },
    ingress: {
      namespace: "shop",
      hosts: ["shop.example.com"],
      credentialName: "shop-tls",
      selector: { app: "in" },
      install: true,
      values: { service: { type: "NodePort" } },
      routes: [{ path: "/api", to: "api.shop", port: 8080 }],
    },
  },
  allowGatewayAddresses: ["127.0.0.0/8", "fe80::/10"],
};

/** The minimal config. */
const shortest = { cluster, kubeconfig: KUBECONFIG };

describe("A stack's config", () => {
  it("requires the cluster's name and domain and the kubeconfig's context only", () => {
    assert.deepEqual(validConfig({ ...shortest, peers: undefined }, "cluster-a"), {
      cluster: {
        ...{ ...cluster, trustDomain: "cluster-a.local", network: "cluster-a" },
        meshDomain: "cluster-a.mesh",
        domains: [],
      },
      kubeconfig: { context: "cluster-a" },
      topology: "federation",
      certificateAuthority: {
        source: "own",
        algorithm: "ECDSA",
        expiryWarningDays: 90,
        workloadCertificateHours: 24,
        settlingMinutes: 10,
        allowUnconstrainedAnchors: false,
      },
      istio: {
        charts: { repository: "https://istio-release.storage.googleapis.com/charts", version: "1.31.1" },
        values: { base: {}, istiod: {} },
        revision: "default",
      },
      gateway: {
        service: { type: "LoadBalancer", annotations: {}, labels: {} },
        addressTimeoutSeconds: 300,
        values: {},
      },
      contract: {},
      notify: [],
      exports: [],
      peers: {},
      brake: { removals: 20, share: 0.5 },
      allowGatewayAddresses: [],
      traffic: { files: [], objects: [], canaries: [] },
    });
  });

  it("is parsed as written when every field is set", () => {
    const { exports, ...rest } = validConfig(full, "cluster-a");
    assert.deepEqual({ ...rest, exports: full.exports }, full);
    assert.deepEqual(exports, [
      { namespaces: ["xyz"], services: ["bar"] },
      { namespaces: undefined, services: undefined, selector: { "istio-federation.dev/export": "true" } },
      { namespaces: ["abc"], services: undefined, selector: { "istio-federation.dev/export": "true" } },
    ]);
    const ofOthers = ["dns", "singleMesh"];
    assert.deepEqual(
      Object.keys(full),
      CONFIG_KEYS.filter((key) => !ofOthers.includes(key)),
    );
  });

  it("has defaults for the missing fields of a section", () => {
    const parsed = validConfig(
      {
        ...shortest,
        peers: { b: { stack: "b" } },
        gateway: { advertise: [{ address: "My-LB.example.com." }] },
      },
      "cluster-a",
    );
    assert.deepEqual(parsed.peers, { b: { stack: "b" } });
    assert.deepEqual(parsed.gateway.advertise, [{ address: "my-lb.example.com", port: 15443 }]);
    const charts = (given: object) =>
      validConfig({ ...shortest, istio: { charts: given } }, "cluster-a").istio.charts;
    assert.deepEqual(charts({ folder: ".lab/charts" }), { folder: ".lab/charts" });
    assert.deepEqual(charts({ version: "1.30.3" }), {
      repository: "https://istio-release.storage.googleapis.com/charts",
      version: "1.30.3",
    });
  });

  it("reports each fault with path, value, rule and remedy", () => {
    assert.throws(
      () => validConfig({ ...shortest, cluster: { ...cluster, name: "Cluster_A" } }, "cluster-a"),
      (error) =>
        error instanceof FaultsError &&
        error.message.startsWith("config of stack cluster-a has 1 fault(s):") &&
        /^cluster\.name: "Cluster_A" must be a DNS-1123 label: .*\. Choose such a name\.$/.test(
          describeFault(error.faults[0] ?? assert.fail()),
        ),
    );
  });

  it("reports the faults of all sections at once", () => {
    const found = configFaults({
      clustr: {},
      cluster: { name: "A", domian: "x" },
      certificateAuthority: { algorithm: "DSA" },
      istio: { charts: { folder: "", version: 1.31 } },
      gateway: { service: { type: "ClusterIP", annotations: { x: true } }, bind: "localhost" },
      exports: [{ selector: { "a b": "c" } }, {}],
      peers: { B: { stack: "a/b" }, c: {}, d: { stack: "cluster-a" } },
      allowGatewayAddresses: ["127.0.0.1"],
    });
    assert.deepEqual(found.sort(), [
      "allowGatewayAddresses[0]",
      "certificateAuthority.algorithm",
      "cluster.domain",
      "cluster.domian",
      "cluster.name",
      "clustr",
      'exports[0].selector["a b"]',
      "exports[1]",
      "gateway.bind",
      "gateway.service.annotations.x",
      "gateway.service.type",
      "istio.charts.folder",
      "istio.charts.folder",
      "istio.charts.version",
      "peers.B",
      "peers.B.stack",
      "peers.c.stack",
      "peers.d.stack",
    ]);
  });

  it("suggests a known field for an unknown one, and hides the value", () => {
    const remedyOf = (raw: Record<string, unknown>) => {
      try {
        return validConfig({ ...shortest, ...raw }, "cluster-a");
      } catch (error) {
        return error instanceof FaultsError
          ? error.faults.map(({ value, remedy }) => [value, remedy])
          : error;
      }
    };
    assert.deepEqual(remedyOf({ peer: "secret" }), [[undefined, "Write 'peers', if that is what you mean"]]);
    assert.deepEqual(remedyOf({ gateway: { addressTimeoutSecond: 3 } }), [
      [undefined, "Write 'addressTimeoutSeconds', if that is what you mean"],
    ]);
    assert.deepEqual(remedyOf({ kubeconfig: { context: "cluster-a", token: "secret" } }), [
      [undefined, "Remove it; known here: path, context"],
    ]);
  });

  for (const [name, raw, path] of [
    ["a section that is not a map", { gateway: 5 }, "gateway"],
    ["a section that is empty in YAML", { gateway: null }, "gateway"],
    ["a domain with '_'", { cluster: { ...cluster, domain: "cluster_a.local" } }, "cluster.domain"],
    ["a trust domain with '_'", { cluster: { ...cluster, trustDomain: "a_b" } }, "cluster.trustDomain"],
    ["a kubeconfig without a context", { kubeconfig: {} }, "kubeconfig.context"],
    ["no kubeconfig", { kubeconfig: undefined }, "kubeconfig.context"],
    ["a mesh domain of one label", { cluster: { ...cluster, meshDomain: "local" } }, "cluster.meshDomain"],
    [
      "a reserved mesh domain",
      { cluster: { ...cluster, meshDomain: "a.cluster.local" } },
      "cluster.meshDomain",
    ],
    ["an unknown choice of names", { peers: { b: { stack: "b", names: "global" } } }, "peers.b.names"],
    ["an empty network", { cluster: { ...cluster, network: "" } }, "cluster.network"],
    [
      "an address in the place of a range",
      { allowGatewayAddresses: ["127.0.0.1"] },
      "allowGatewayAddresses[0]",
    ],
    ["a range that is too narrow", { allowGatewayAddresses: ["127.0.0.1/33"] }, "allowGatewayAddresses[0]"],
  ] as const) {
    it(`is refused for ${name}`, () => {
      assert.deepEqual(configFaults(raw), [path]);
    });
  }

  it("sorts peers by name", () => {
    const peers = { c: { stack: "c" }, b: { stack: "b" } };
    assert.deepEqual(Object.keys(validConfig({ ...shortest, peers }, "cluster-a").peers), ["b", "c"]);
  });

  it("of any shape is parsed or has faults", () => {
    const mutated = fc
      .array(fc.tuple(fc.constantFrom(...paths(full)), fc.jsonValue()), { minLength: 1, maxLength: 3 })
      .map((changes) => changes.reduce<unknown>((raw, [path, value]) => replace(raw, path, value), full));
    const arbitrary = fc.dictionary(fc.oneof(fc.constantFrom(...CONFIG_KEYS), fc.string()), fc.jsonValue());
    fc.assert(
      fc.property(fc.oneof(arbitrary, mutated), (raw) => {
        faultsThrown(() => validConfig(raw as Record<string, unknown>, "cluster-a"));
      }),
      { numRuns: 1000 },
    );
  });
});

/** The paths to every value inside a value. */
function paths(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [key],
    ...paths(inner).map((path) => [key, ...path]),
  ]);
}

/** A copy with another value at a path, if the path is still there. */
function replace(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (typeof value !== "object" || value === null) return value;
  const changed = replace((value as Record<string, unknown>)[key], rest, by);
  return Array.isArray(value)
    ? value.map((entry: unknown, index) => (String(index) === key ? changed : entry))
    : { ...value, [key]: changed };
}

describe("The config of a certificate authority", () => {
  it("is quoted in no fault, as a misplaced value may be a key", () => {
    const key = "-----BEGIN PRIVATE KEY-----";
    for (const certificateAuthority of [
      key,
      { source: "provided", provided: key },
      { source: "provided", provided: { key: { pem: key } } },
      { algorithm: key },
    ]) {
      assert.throws(
        () => validConfig({ cluster, kubeconfig: KUBECONFIG, certificateAuthority }, "cluster-a"),
        ({ message }: Error) => message.includes("certificateAuthority") && !message.includes("BEGIN"),
      );
    }
  });

  it("requires shared.stack with source 'shared' and refuses it with others", () => {
    const faultsWith = (certificateAuthority: object) => configFaults({ certificateAuthority });
    const shared = { stack: "root-ca" };
    const provided = { certificate: "a.pem", key: "b.pem", root: "c.pem" };
    const at = (field: string) => `certificateAuthority.${field}`;
    assert.deepEqual(faultsWith({ source: "shared", shared }), []);
    assert.deepEqual(faultsWith({ source: "shared" }), [at("shared")]);
    assert.deepEqual(faultsWith({ shared }), [at("shared")]);
    assert.deepEqual(faultsWith({ source: "shared", shared, provided }), [at("provided")]);
    assert.deepEqual(faultsWith({ source: "provided", shared, provided }), [at("shared")]);
    assert.deepEqual(faultsWith({ source: "shared", shared: { stack: "cluster-a" } }), [at("shared.stack")]);
    assert.deepEqual(faultsWith({ source: "shared", shared: { stack: "a/b", roots: [] } }), [
      at("shared.stack"),
      at("shared.roots"),
    ]);
    const rotation = { root: 2, phase: "announce" };
    assert.deepEqual(faultsWith({ source: "shared", rotation }), [at("shared"), at("rotation")]);
    const roots = ["ab".repeat(32)];
    const parsed = validConfig(
      { ...shortest, certificateAuthority: { source: "shared", shared: { ...shared, roots } } },
      "cluster-a",
    );
    assert.deepEqual(parsed.certificateAuthority.shared?.roots, [Array(32).fill("AB").join(":")]);
  });

  it("excludes rootAuthority", () => {
    assert.deepEqual(configFaults({ rootAuthority: {} }), []);
    assert.deepEqual(configFaults({ rootAuthority: { clusters: {} } }), ["rootAuthority"]);
  });

  it("requires 'provided' with source 'provided' and refuses it with others", () => {
    const provided = { certificate: "a.pem", key: "b.pem", root: "c.pem" };
    const faultsWith = (certificateAuthority: object) => configFaults({ certificateAuthority });
    assert.deepEqual(faultsWith({ source: "provided" }), ["certificateAuthority.provided"]);
    assert.deepEqual(faultsWith({ provided }), ["certificateAuthority.provided"]);
    assert.deepEqual(faultsWith({ source: "provided", provided }), []);
  });

  it("accepts a rotation of own roots only", () => {
    const faultsWith = (certificateAuthority: object) => configFaults({ certificateAuthority });
    const provided = { certificate: "a.pem", key: "b.pem", root: "c.pem" };
    const ROTATION = "certificateAuthority.rotation";
    for (const phase of ["announce", "trust", "sign", "drop"])
      assert.deepEqual(faultsWith({ rotation: { root: 2, phase } }), []);
    assert.deepEqual(faultsWith({ rotation: { root: 1, phase: "drop" } }), []);
    assert.deepEqual(faultsWith({ rotation: { root: 1, phase: "trust" } }), [`${ROTATION}.root`]);
    assert.deepEqual(faultsWith({ rotation: { root: 1.5, phase: "rest" } }), [
      `${ROTATION}.root`,
      `${ROTATION}.phase`,
    ]);
    assert.deepEqual(faultsWith({ rotation: { phase: "trust" } }), [`${ROTATION}.root`]);
    assert.deepEqual(faultsWith({ source: "provided", provided, rotation: { root: 2, phase: "trust" } }), [
      ROTATION,
    ]);
    assert.deepEqual(faultsWith({ rotation: { root: 1e21, phase: "drop" } }), [`${ROTATION}.root`]);
    assert.deepEqual(faultsWith({ workloadCertificateHours: 1e12, settlingMinutes: -1 }), [
      "certificateAuthority.workloadCertificateHours",
      "certificateAuthority.settlingMinutes",
    ]);
  });
});
