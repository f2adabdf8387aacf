import assert from "node:assert/strict";
import { parseRootConfig } from "../../../federation/config/rootStack.ts";
import { parseConfig } from "../../../federation/config/stackConfig.ts";
import { FAULTY_RULE } from "../../../federation/exports/exportRule.ts";
import { FAULTY_IMPORT_RULE } from "../../../federation/imports/importChoice.ts";
import { KUBECONFIG, LOCAL_CLUSTER } from "../samples.ts";

const required = { cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG };
const parse = (raw: Record<string, unknown>) => parseConfig({ ...required, ...raw }, "cluster-a");
const paths = ({ faults }: ReturnType<typeof parse>) => faults.map(({ path }) => path);
const bar = { namespace: "xyz", service: "bar" };

describe("A config with faults", () => {
  it("has defaults in the place of faulty sections", () => {
    const parsed = parse({ gateway: { bind: "x", addressTimeoutSeconds: 5 }, brake: { removals: 3 } });
    assert.deepEqual(paths(parsed), ["gateway.bind"]);
    assert.equal(parsed.config?.gateway.addressTimeoutSeconds, 300);
    assert.equal(parsed.config.brake.removals, 3);
    assert.deepEqual(parsed.skipped, ["gateway"]);
  });

  it("keeps provided certificates when other fields of their section are faulty", () => {
    const provided = { certificate: "ca-cert.pem", key: "ca-key.pem", root: "root-cert.pem" };
    const rest = { source: "provided", expiryWarningDays: "90", workloadCertificateHours: 0 };
    const parsed = parse({ certificateAuthority: { ...rest, provided } });
    assert.deepEqual(paths(parsed), [
      "certificateAuthority.expiryWarningDays",
      "certificateAuthority.workloadCertificateHours",
    ]);
    assert.deepEqual(parsed.skipped, ["certificateAuthority"]);
    assert.equal(parsed.config?.certificateAuthority.source, "provided");
    assert.deepEqual(parsed.config.certificateAuthority.provided, provided);
    const faulty = parse({ certificateAuthority: { ...rest, provided: { ...provided, key: 1 } } });
    assert.deepEqual(faulty.config?.certificateAuthority.provided, {
      certificate: "ca-cert.pem",
      root: "root-cert.pem",
    });
  });

  it("keeps the valid entries of lists and maps, and rules keep their index", () => {
    const parsed = parse({
      exports: [bar, { service: "b.c" }, { ...bar, service: "foo" }, { service: "x", peers: ["nobody"] }],
      peers: {
        b: { stack: "b", imports: [{ service: "B" }, { service: "web" }] },
        c: {},
        d: { stack: "cluster-a" },
      },
      allowGatewayAddresses: ["127.0.0.0/8", "127.0.0.1"],
    });
    assert.deepEqual(parsed.config?.exports, [
      { namespaces: ["xyz"], services: ["bar"] },
      FAULTY_RULE,
      { namespaces: ["xyz"], services: ["foo"] },
      FAULTY_RULE,
    ]);
    assert.deepEqual(parsed.config.peers, {
      b: { stack: "b", imports: [FAULTY_IMPORT_RULE, { service: ["web"] }] },
    });
    assert.deepEqual(parsed.config.allowGatewayAddresses, ["127.0.0.0/8"]);
    assert.deepEqual(parsed.skipped, [
      "exports[1]",
      "peers.b.imports[0]",
      "peers.c",
      "allowGatewayAddresses[1]",
      "peers.d",
      "exports[3]",
    ]);
  });

  for (const [what, raw] of [
    ["its cluster", { cluster: { name: "cluster-a" } }],
    ["its kubeconfig", { kubeconfig: {} }],
    ["its topology", { topology: "mesh" }],
    ["the section of its topology", { topology: "single-mesh" }],
    ["a field of the topology's section", { topology: "single-mesh", singleMesh: { meshId: "m" } }],
  ] as const) {
    it(`is undefined without ${what}`, () => {
      const { config, faults } = parse(raw);
      assert.equal(config, undefined);
      assert.equal(faults.length, 1);
    });
  }

  it("has a fault for a peer named __proto__", () => {
    const peers = JSON.parse('{"__proto__": {"stack": "x"}}') as unknown;
    assert.deepEqual(paths(parse({ peers })), ["peers.__proto__"]);
  });

  it("stays usable when its cluster contradicts another section", () => {
    const certificateAuthority = { source: "shared", shared: { stack: "root" } };
    const cluster = { ...LOCAL_CLUSTER, domains: ["shop.example"] };
    const parsed = parse({ topology: "replicated", certificateAuthority, cluster });
    assert.deepEqual(paths(parsed), ["cluster.domains"]);
    assert.equal(parsed.config?.cluster.name, "cluster-a");
  });

  for (const [what, raw, expected] of [
    [
      "a peer whose entry is faulty",
      { peers: { b: {} }, exports: [{ ...bar, peers: ["b"], callers: [{ peer: "b" }] }] },
      ["peers.b.stack"],
    ],
    [
      "peers that are not a map",
      { peers: ["b"], exports: [{ ...bar, peers: ["b"], callers: [{ peer: "b" }] }] },
      ["peers"],
    ],
    [
      "peers of a single mesh that are not a map",
      {
        topology: "single-mesh",
        peers: ["b"],
        singleMesh: { meshId: "m", apiServer: { server: "https://a.example" } },
      },
      ["peers"],
    ],
    [
      "an alias below a faulty domain",
      {
        cluster: { ...LOCAL_CLUSTER, domains: ["shop.global"] },
        exports: [{ ...bar, as: "x.shop.global" }],
      },
      ["cluster.domains[0]"],
    ],
    [
      "an unknown source",
      { topology: "replicated", certificateAuthority: { source: "vault" } },
      ["certificateAuthority.source"],
    ],
    [
      "hours that are not a number",
      {
        certificateAuthority: { workloadCertificateHours: "48" },
        istio: { values: { istiod: { env: { DEFAULT_WORKLOAD_CERT_TTL: "48h" } } } },
      },
      ["certificateAuthority.workloadCertificateHours"],
    ],
    [
      "allowPeersToReadSecrets that is neither true nor false",
      {
        topology: "single-mesh",
        peers: { b: { stack: "b" } },
        singleMesh: {
          meshId: "m",
          apiServer: { server: "https://a.example" },
          allowPeersToReadSecrets: "yes",
        },
      },
      ["singleMesh.allowPeersToReadSecrets"],
    ],
    ["sections of an unknown topology", { topology: "x", dns: { services: {} } }, ["topology"]],
  ] as [string, Record<string, unknown>, string[]][]) {
    it(`has exactly one fault for ${what}`, () => {
      assert.deepEqual(paths(parse(raw)), expected);
    });
  }

  it("reports contradictions with the valid fields of a faulty section", () => {
    const parsed = parse({
      peers: { b: { stack: "cluster-a", exportTo: [] }, c: { stack: "c", names: "none" }, d: { stack: "c" } },
      exports: [{ ...bar, ports: [0], as: "bar.example.org" }],
    });
    assert.deepEqual(paths(parsed), [
      "exports[0].ports[0]",
      "peers.b.exportTo",
      "peers.c.names",
      "peers.b.stack",
      "peers.d.stack",
      "exports[0].as",
    ]);
  });

  it("keeps the valid clusters of a shared root if the root has a name", () => {
    const clusters = { a: { stack: "a", trustDomain: "a.example" }, b: { stack: "b" } };
    const parsed = parseRootConfig({ rootAuthority: { clusters } }, "root");
    assert.deepEqual(Object.keys(parsed.config?.rootAuthority.clusters ?? {}), ["a"]);
    assert.deepEqual(parsed.skipped, ["rootAuthority.clusters.b"]);
    const unnamed = parseRootConfig({ rootAuthority: { name: "-", clusters } }, "root");
    assert.equal(unnamed.config, undefined);
  });
});
