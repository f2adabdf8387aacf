import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { Contract } from "../../../federation/contract/contract.ts";
import { refuseAddress } from "../../../federation/core/address.ts";
import { type LocalCluster, planImports } from "../../../federation/imports/contracts.ts";
import { doubtfulContract } from "../arbitraries.ts";
import { localCluster, BAR, barImport, ROOT_B, ROOT_C, ROOT_D, barService, contractOf } from "../samples.ts";

const faultPaths = (contracts: Record<string, unknown>): string[] =>
  planImports(localCluster, contracts).faults.map(({ path }) => path);

const contractC = (changes: Partial<Contract> = {}): Contract =>
  contractOf({
    cluster: "cluster-c",
    clusterDomain: "cluster-c.local",
    trustDomain: "cluster-c.local",
    rootCertificates: [ROOT_C],
    services: {},
    ...changes,
  });

describe("A plan of imports", () => {
  it("includes the services and gateways of valid contracts", () => {
    const { imports, faults } = planImports(localCluster, {
      "cluster-c": contractC(),
      "cluster-b": contractOf(),
    });
    assert.deepEqual(faults, []);
    assert.deepEqual(Object.keys(imports), ["cluster-b", "cluster-c"]);
    assert.deepEqual(imports["cluster-b"], {
      peer: "cluster-b",
      gateways: [{ address: "203.0.113.20", port: 15443 }],
      services: { [BAR]: barImport },
      refused: [],
      refusedHosts: [],
      contract: contractOf(),
    });
  });

  it("refuses both of two peers with the same root", () => {
    const twin = contractC({ rootCertificates: [ROOT_B] });
    assert.deepEqual(faultPaths({ "cluster-b": contractOf(), "cluster-c": twin }), [
      "peers.cluster-b.contract.rootCertificates[0]",
      "peers.cluster-c.contract.rootCertificates[0]",
    ]);
  });

  it("includes a peer without a gateway, which is not a fault", () => {
    const { imports, faults } = planImports(localCluster, { "cluster-b": contractOf({ gateways: [] }) });
    assert.deepEqual(faults, []);
    assert.deepEqual(imports["cluster-b"]?.gateways, []);
  });

  it("accepts a peer under any name in the config, but not one with our own cluster name", () => {
    const plan = planImports(localCluster, {
      "cluster-x": contractOf(),
      "cluster-y": contractC({ cluster: "cluster-a" }),
    });
    assert.deepEqual(Object.keys(plan.imports), ["cluster-x"]);
    assert.deepEqual(
      plan.faults.map(({ path, value }) => ({ path, value })),
      [{ path: "peers.cluster-y.contract.cluster", value: "cluster-a" }],
    );
  });

  for (const field of ["clusterDomain", "trustDomain"] as const) {
    for (const domain of ["cluster-a.local", "local", "x.cluster-a.local"]) {
      it(`refuses a peer whose ${field} is ${domain}, against our cluster-a.local`, () => {
        // A peer with our own cluster domain is accepted with a mesh domain.
        const isAsked = field === "clusterDomain" && domain === localCluster.clusterDomain;
        // A domain that contains ours may cause several faults.
        const paths = new Set(faultPaths({ "cluster-b": contractOf({ [field]: domain }) }));
        assert.deepEqual([...paths], [`peers.cluster-b.contract.${isAsked ? "meshDomain" : field}`]);
      });
    }

    it(`refuses both of two peers whose ${field}s overlap, and no third`, () => {
      for (const domain of ["cluster-b.local", "x.cluster-b.local"]) {
        const { imports, faults } = planImports(localCluster, {
          "cluster-b": contractOf(),
          "cluster-c": contractC({ [field]: domain }),
          "cluster-d": contractC({
            cluster: "cluster-d",
            rootCertificates: [ROOT_D],
            clusterDomain: "d.local",
            trustDomain: "d.local",
          }),
        });
        assert.deepEqual(Object.keys(imports), ["cluster-d"]);
        assert.deepEqual(
          faults.map(({ path }) => path),
          [`peers.cluster-b.contract.${field}`, `peers.cluster-c.contract.${field}`],
        );
      }
    });
  }

  it("refuses a peer with the domains of a further claim", () => {
    const claim = {
      owner: "pending peer cluster-c",
      cluster: undefined,
      nameDomains: ["c.local"],
      trustDomain: "cluster-b.local",
      rootCertificates: [],
    };
    const { imports, faults } = planImports(localCluster, { "cluster-b": contractOf() }, [claim]);
    assert.deepEqual(imports, {});
    assert.deepEqual(
      faults.map(({ path }) => path),
      ["peers.cluster-b.contract.trustDomain"],
    );
  });

  const GOOD = { address: "gw.example.com", port: 15443 };
  const planOfGateways = (gateways: unknown[], local: LocalCluster = localCluster) =>
    planImports(local, { "cluster-b": contractOf({ gateways }) });

  it("uses the other gateways where some are not valid, with a warning to whom it concerns", () => {
    const sources = { "cluster-b": "stack acme/mesh/b" };
    const bad = [
      { address: "127.20.0.3", port: 15443 },
      7,
      { address: "gw_1.example.com", port: 0 },
      { address: "lb01", port: 1 },
    ];
    const { imports, faults } = planOfGateways([...bad, GOOD], { ...localCluster, sources });
    assert.deepEqual(faults, []);
    assert.deepEqual(imports["cluster-b"]?.gateways, [GOOD]);
    assert.deepEqual(imports["cluster-b"].contract.gateways, [GOOD]);
    const { refused } = imports["cluster-b"];
    assert.deepEqual(
      refused.map(({ path }) => path.replace("peers.cluster-b.contract.", "")),
      [
        "gateways[0].address",
        "gateways[1]",
        "gateways[2].address",
        "gateways[2].port",
        "gateways[3].address",
      ],
    );
    for (const { remedy } of refused) assert.match(remedy, /^Have the team of stack acme\/mesh\/b \w/);
    assert.match(refused[0]?.remedy ?? "", /allowGatewayAddresses/);
    assert.doesNotMatch(refused[4]?.remedy ?? "", /allowGatewayAddresses/);
  });

  it("refuses a peer none of whose gateways may be used, and no other peer", () => {
    for (const gateways of [
      [{ address: "127.20.0.3", port: 15443 }],
      [7, {}],
      [{ address: "lb01", port: 1 }],
    ]) {
      const { imports, faults } = planImports(localCluster, {
        "cluster-b": contractOf({ gateways }),
        "cluster-c": contractC(),
      });
      assert.deepEqual(Object.keys(imports), ["cluster-c"]);
      assert.ok(faults.length > 0 && faults.every(({ peer }) => peer === "cluster-b"));
    }
  });

  it("uses loopback gateways only where the config allows the range", () => {
    const gateways = [{ address: "127.20.0.3", port: 15443 }];
    const lab = { ...localCluster, allowGatewayAddresses: ["127.0.0.0/8"] };
    assert.deepEqual(planOfGateways(gateways, lab).imports["cluster-b"]?.gateways, gateways);
  });

  for (const address of [
    "kubernetes.default.svc.cluster-a.local",
    "cluster-a.local",
    "gw.istio-gateway.svc.cluster-b.local",
    "10-0-0-1.default.pod.cluster-b.local",
    "gw.istio-gateway.svc.cluster.local",
    "gw.shop.global",
    "gw.shop.svc.clusterset.local",
    "1.113.0.203.in-addr.arpa",
    "gw.shop.svc.cluster-b.mesh",
  ])
    it(`does not use a gateway named ${address}, inside of a cluster`, () => {
      const contract = contractOf({ meshDomain: "cluster-b.mesh", gateways: [{ address, port: 443 }, GOOD] });
      const { imports } = planImports(localCluster, { "cluster-b": contract });
      assert.deepEqual(imports["cluster-b"]?.gateways, [GOOD]);
    });

  it("reports a malformed contract under its peer, and includes the others", () => {
    const { imports, faults } = planImports(localCluster, {
      "cluster-b": { schemaVersion: 2 },
      "cluster-c": contractC(),
    });
    assert.deepEqual(Object.keys(imports), ["cluster-c"]);
    assert.deepEqual(
      faults.map(({ peer, path }) => [peer, path]),
      [["cluster-b", "peers.cluster-b.contract.schemaVersion"]],
    );
  });

  for (const host of [
    "kubernetes.default.svc.cluster-a.local",
    "www.example.com",
    "cluster-b.local",
    "svc.cluster-b.local",
    "10-0-0-1.xyz.pod.cluster-b.local",
    "pod.cluster-b.local",
    "bar.xyz.svc.cluster-b.local.evil",
    "bar.xyz.svc.evilcluster-b.local",
    "bar.xyz.evilcluster-b.local",
  ]) {
    it(`skips ${host}, which is not the peer's, and imports the rest`, () => {
      const { imports, faults } = planImports(localCluster, {
        "cluster-b": contractOf({ services: { [host]: barService, [BAR]: barService } }),
      });
      assert.deepEqual(faults, []);
      assert.deepEqual(Object.keys(imports["cluster-b"]?.services ?? {}), [BAR]);
      assert.deepEqual(
        imports["cluster-b"]?.refused.map(({ path }) => path),
        [`peers.cluster-b.contract.services["${host}"]`],
      );
    });
  }

  for (const id of [
    "spiffe://cluster-a.local/ns/xyz/sa/bar",
    "spiffe://cluster-b.local.evil/ns/xyz/sa/bar",
    "spiffe://x.cluster-b.local/ns/xyz/sa/bar",
    "spiffe://evil/cluster-b.local/ns/xyz/sa/bar",
    "spiffe://cluster-b.local@evil/ns/xyz/sa/bar",
    "spiffe://cluster-b.local",
    "cluster-b.local/ns/xyz/sa/bar",
  ]) {
    it(`skips a service that claims the identity ${id}`, () => {
      const service = { ...barService, subjectAltNames: [...barService.subjectAltNames, id] };
      const services = { [BAR]: service, [`x.${BAR}`]: barService };
      const { imports, faults } = planImports(localCluster, { "cluster-b": contractOf({ services }) });
      assert.deepEqual(faults, []);
      assert.deepEqual(Object.keys(imports["cluster-b"]?.services ?? {}), [`x.${BAR}`]);
      assert.match(imports["cluster-b"]?.refused[0]?.path ?? "", /\.subjectAltNames\[\d\]$/);
    });
  }

  it("skips services for other peers without a warning", () => {
    for (const [peers, count] of [
      [["cluster-a.local/cluster-a", "x.local/cluster-x"], 1],
      [["x.local/cluster-x"], 0],
      [["x.local/cluster-a"], 0],
      [["cluster-a.local/cluster-x"], 0],
      [[], 0],
    ] as const) {
      const services = { [BAR]: { ...barService, peers } };
      const found = planImports(localCluster, { "cluster-b": contractOf({ services }) }).imports["cluster-b"];
      assert.equal(Object.keys(found?.services ?? {}).length, count);
      assert.deepEqual(found?.refused, []);
    }
  });

  it("is the same for peers in any order", () => {
    const forth = planImports(localCluster, { "cluster-b": contractOf(), "cluster-c": contractC() });
    const back = planImports(localCluster, { "cluster-c": contractC(), "cluster-b": contractOf() });
    assert.equal(JSON.stringify(forth), JSON.stringify(back));
  });

  it("never includes a host, an identity or an address that is not the peer's", () => {
    fc.assert(
      fc.property(doubtfulContract("cluster-b"), doubtfulContract("cluster-c"), (b, c) => {
        const { imports, faults } = planImports(localCluster, { "cluster-b": b, "cluster-c": c });
        const hosts = Object.values(imports).flatMap(({ services }) => Object.keys(services));
        assert.equal(new Set(hosts).size, hosts.length);
        assert.ok(faults.every(({ peer }) => !(peer in imports)));
        for (const found of Object.values(imports)) {
          const { clusterDomain, trustDomain } = found.contract;
          assert.ok(found.gateways.every((gateway) => refuseAddress(gateway.address, []) === undefined));
          assert.ok(!`.${clusterDomain}`.endsWith(".cluster-a.local"));
          for (const [name, { subjectAltNames }] of Object.entries(found.services)) {
            assert.ok(name.endsWith(`.${clusterDomain}`) && !name.endsWith(`.pod.${clusterDomain}`));
            assert.ok(subjectAltNames.length > 0);
            assert.ok(subjectAltNames.every((id) => id.startsWith(`spiffe://${trustDomain}/`)));
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("never throws, whatever the contracts", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (contracts) => {
        planImports(localCluster, contracts);
      }),
    );
  });
});
