import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parseConfig } from "../../../federation/config/stackConfig.ts";
import { KUBECONFIG, LOCAL_CLUSTER, configFaults, validConfig } from "../samples.ts";

const provided = { certificate: "c", key: "k", root: "r" };
const shared = { stack: "root" };

/** The faults of a config, each as one line without its value. */
function faultsOf(raw: Record<string, unknown>): string[] {
  const { faults } = parseConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, ...raw }, "cluster-a");
  return faults.map(({ path, rule, remedy }) => `${path} ${rule}. ${remedy}`);
}

describe("The topology in a stack's config", () => {
  it("allows own and provided roots in a federation", () => {
    for (const certificateAuthority of [undefined, {}, { source: "own" }, { source: "provided", provided }]) {
      assert.deepEqual(faultsOf({ certificateAuthority }), []);
      assert.deepEqual(faultsOf({ topology: "federation", certificateAuthority }), []);
    }
  });

  for (const certificateAuthority of [undefined, {}, { source: "own" }]) {
    it(`refuses an own root for replicated control planes: ${JSON.stringify(certificateAuthority)}`, () => {
      const [fault, ...others] = faultsOf({ topology: "replicated", certificateAuthority });
      assert.deepEqual(others, []);
      assert.match(
        fault ?? "",
        /^certificateAuthority\.source is 'own', but the clusters of topology 'replicated' are all under one root\. Write source: shared or provided, or another topology/,
      );
    });
  }

  it("is checked against the source beside other faults of the certificate authority", () => {
    assert.deepEqual(configFaults({ topology: "replicated", certificateAuthority: { algorithm: 1 } }), [
      "certificateAuthority.algorithm",
      "certificateAuthority.source",
    ]);
  });

  it("allows shared and provided roots for replicated control planes", () => {
    for (const certificateAuthority of [
      { source: "shared", shared },
      { source: "provided", provided },
    ])
      assert.deepEqual(faultsOf({ topology: "replicated", certificateAuthority }), []);
  });

  it("allows a CoreDNS server block for replicated control planes, with kubeadm's object names by default", () => {
    const config = (dns: unknown) => ({
      topology: "replicated",
      certificateAuthority: { source: "provided", provided },
      dns,
    });
    assert.deepEqual(configFaults(config({ coreDns: { address: "10.96.0.77" } })), []);
    const parsed = validConfig(
      { cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, ...config({ coreDns: { address: "10.96.0.77" } }) },
      "cluster-a",
    );
    const coreDns = { namespace: "kube-system", configMap: "coredns", address: "10.96.0.77", port: 53 };
    assert.deepEqual(parsed.dns, { coreDns });
    for (const none of [undefined, {}]) assert.deepEqual(configFaults(config(none)), []);
    for (const address of ["240.240.0.1", "127.0.0.1", "gw.example.com", undefined]) {
      assert.deepEqual(configFaults(config({ coreDns: { address } })), ["dns.coreDns.address"]);
    }
    for (const port of [0, 65536, "53"])
      assert.deepEqual(configFaults(config({ coreDns: { address: "10.96.0.77", port } })), [
        "dns.coreDns.port",
      ]);
    assert.deepEqual(configFaults(config({ coreDns: { address: "10.96.0.77", port: 5353 } })), []);
    assert.deepEqual(configFaults(config({ coreDns: {} })), ["dns.coreDns.address"]);
  });

  it("refuses a CoreDNS server block in a federation", () => {
    const coreDns = { address: "10.96.0.77" };
    assert.deepEqual(faultsOf({ dns: { coreDns } }), [
      "dns.coreDns is not for topology 'federation'. Write dns.services, or a rule of CoreDNS by hand (docs/dns.md)",
    ]);
    assert.deepEqual(configFaults({ dns: { coreDns, addresses: "240.241.0.0/16" } }), [
      "dns.addresses",
      "dns.coreDns",
    ]);
    assert.equal(
      validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, dns: {} }, "cluster-a").dns,
      undefined,
    );
  });

  it("allows local Services in a federation only", () => {
    const parsed = (dns: unknown) =>
      validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, dns }, "cluster-a").dns;
    assert.deepEqual(parsed({ services: {} }), {
      services: { name: "{name}-{namespace}-{peer}", limit: 1000 },
    });
    assert.deepEqual(parsed({ services: { name: "{name}", limit: 5 } }), {
      services: { name: "{name}", limit: 5 },
    });
    for (const limit of [-1, 0, 1.5, "5"]) {
      assert.deepEqual(configFaults({ dns: { services: { limit } } }), ["dns.services.limit"]);
    }
    for (const name of ["", "{name}.{namespace}", "{service}", 5])
      assert.deepEqual(configFaults({ dns: { services: { name } } }), ["dns.services.name"]);
    const services = { name: "{name}" };
    assert.deepEqual(configFaults({ dns: { services: { namespace: "x" } } }), ["dns.services.namespace"]);
    const replicated = { topology: "replicated", certificateAuthority: { source: "provided", provided } };
    assert.deepEqual(configFaults({ ...replicated, dns: { services } }), ["dns.services"]);
    assert.ok(configFaults({ topology: "single-mesh", dns: { services } }).includes("dns"));
  });

  for (const domain of ["global", "a.global"]) {
    it(`refuses a cluster domain at or below 'global' for replicated control planes: ${domain}`, () => {
      const certificateAuthority = { source: "provided", provided };
      const config = { certificateAuthority, cluster: { ...LOCAL_CLUSTER, domain } };
      assert.deepEqual(faultsOf({ topology: "replicated", ...config }), [
        "cluster.domain is or lies below 'global', below which peers' services have their names in topology 'replicated'. Choose another topology, or a cluster with another domain",
      ]);
      assert.deepEqual(faultsOf({ topology: "federation", ...config }), []);
      assert.deepEqual(
        faultsOf({
          topology: "replicated",
          ...config,
          cluster: { ...LOCAL_CLUSTER, domain: `${domain}.example` },
        }),
        [],
      );
      assert.deepEqual(
        faultsOf({ topology: "replicated", ...config, cluster: { ...LOCAL_CLUSTER, domain: "notglobal" } }),
        [],
      );
    });
  }

  it("allows mesh domains and peers' names in a federation only", () => {
    const certificateAuthority = { source: "shared", shared };
    const choosing = {
      cluster: { ...LOCAL_CLUSTER, meshDomain: "a.mesh" },
      peers: { "2b": { stack: "b", names: "own" }, c: { stack: "c" } },
    };
    assert.deepEqual(configFaults(choosing), []);
    assert.deepEqual(configFaults({ ...choosing, topology: "replicated", certificateAuthority }), [
      "cluster.meshDomain",
      'peers["2b"].names',
    ]);
    assert.match(
      faultsOf({ ...choosing, topology: "single-mesh" }).join(),
      /names that peers' services do not have in topology 'single-mesh'\. Remove it, or write topology: federation/,
    );
  });

  it("is the only fault when unknown, like an unknown source", () => {
    assert.deepEqual(configFaults({ topology: "mesh", certificateAuthority: { source: "own" } }), [
      "topology",
    ]);
    assert.deepEqual(configFaults({ topology: "replicated", certificateAuthority: { source: "vault" } }), [
      "certificateAuthority.source",
    ]);
  });

  it("is checked together with all other sections", () => {
    assert.deepEqual(configFaults({ topology: "replicated", brake: { share: 2 }, peers: { B: {} } }).sort(), [
      "brake.share",
      "certificateAuthority.source",
      "peers.B",
      "peers.B.stack",
    ]);
    const sections = {
      dns: { coreDns: { address: "10.96.0.77" } },
      singleMesh: { meshId: "m", apiServer: { server: "https://a.example" } },
    };
    assert.deepEqual(configFaults({ topology: "replicate", ...sections }), ["topology"]);
  });
});
