import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { readContract } from "../../../federation/contract/contract.ts";
import { FaultsError } from "../../../federation/core/fault.ts";
import { overlap } from "../../../federation/core/names.ts";
import { type LocalCluster, planImports } from "../../../federation/imports/contracts.ts";
import { claimOfKnown } from "../../../federation/imports/claims.ts";
import { chooseFromPeers } from "../../../federation/imports/peerChoices.ts";
import { BAR, KUBECONFIG, ROOT_C, ROOT_D, barService, contractOf, validConfig } from "../samples.ts";

const local: LocalCluster = {
  cluster: "cluster-a",
  clusterDomain: "cluster-a.local",
  meshDomain: "cluster-a.mesh",
  domains: ["ours.example"],
  trustDomain: "cluster-a.local",
  allowGatewayAddresses: [],
};

/** Plans one peer: remote hosts by local host, skipped services and faults. */
function planned(changes: Parameters<typeof contractOf>[0], us: LocalCluster = local) {
  const { imports, faults } = planImports(us, { b: contractOf(changes) });
  const { services = {}, refused = [] } = imports["b"] ?? {};
  return {
    names: Object.fromEntries(
      Object.entries(services).map(([name, { remoteHost }]) => [name, remoteHost ?? name]),
    ),
    refused: refused.map(({ path }) => path.replace("peers.b.contract.services", "")),
    faults: faults.map(({ path, rule }) => `${path}: ${rule}`),
  };
}

/** Returns contract services: {@link barService} under each of these hosts. */
function under(...hosts: string[]): { services: Record<string, typeof barService> } {
  return { services: Object.fromEntries(hosts.map((host) => [host, barService])) };
}

describe("A peer's service under an alias", () => {
  it("is accepted only below the peer's cluster domain and further domains", () => {
    const good = ["bar.cluster-b.local", "bar.shop.example", "a.b.shop.example", BAR];
    const bad = [
      "shop.example",
      "bar.example",
      "x.pod.cluster-b.local",
      "bar.ours.example",
      "bar.cluster-a.local",
    ];
    const { names, refused, faults } = planned({ domains: ["shop.example"], ...under(...good, ...bad) });
    assert.deepEqual(faults, []);
    assert.deepEqual(names, Object.fromEntries(good.map((host) => [host, host])));
    assert.deepEqual(refused.sort(), bad.map((host) => `["${host}"]`).sort());
  });

  it("may not be in a domain for reverse lookups", () => {
    for (const [clusterDomain, owner] of [
      ["1.10.in-addr.arpa", "reverse lookups"],
      ["arpa", "reverse lookups"],
    ] as const) {
      const { faults } = planned({ clusterDomain, ...under(`bar.xyz.svc.${clusterDomain}`) });
      assert.match(faults.join(), new RegExp(`clusterDomain: must neither equal.*which is that of ${owner}`));
    }
    for (const domain of ["0.10.in-addr.arpa", "ip6.arpa"])
      assert.throws(() => readContract(contractOf({ domains: [domain] }), "contract of b"), FaultsError);
  });

  it("is skipped in a domain that the peer does not publish", () => {
    assert.deepEqual(planned(under("bar.shop.example", BAR)).refused, ['["bar.shop.example"]']);
  });

  it("is skipped below a cluster domain of one label", () => {
    const found = planned({ clusterDomain: "com", ...under("google.com", "bar.xyz.svc.com") });
    assert.deepEqual([Object.keys(found.names), found.refused], [["bar.xyz.svc.com"], ['["google.com"]']]);
  });

  const equal = { ...local, clusterDomain: "cluster.local" };
  const ofEqual = { clusterDomain: "cluster.local", meshDomain: "b.mesh" };

  it("moves into the mesh domain, unless it is in a further domain of the peer", () => {
    const hosts = ["bar.cluster.local", "bar.xyz.svc.cluster.local", "bar.shop.example"];
    assert.deepEqual(planned({ ...ofEqual, domains: ["shop.example"], ...under(...hosts) }, equal), {
      names: {
        "bar.b.mesh": "bar.cluster.local",
        "bar.xyz.svc.b.mesh": "bar.xyz.svc.cluster.local",
        "bar.shop.example": "bar.shop.example",
      },
      refused: [],
      faults: [],
    });
  });

  it("is skipped where its host in the mesh domain would be special here", () => {
    const metadata = planned(
      { ...ofEqual, meshDomain: "google.internal", ...under("metadata.cluster.local") },
      equal,
    );
    assert.deepEqual([metadata.names, metadata.refused], [{}, ['["metadata.cluster.local"]']]);
    const short = planned(
      { ...ofEqual, meshDomain: "istio-system.svc", ...under("istiod.cluster.local") },
      equal,
    );
    assert.deepEqual([short.names, short.refused], [{}, ['["istiod.cluster.local"]']]);
  });

  it("does not exist with .global names", () => {
    const { names, refused } = planned(
      {
        topology: "replicated",
        domains: ["shop.example"],
        ...under("bar.shop.example", "bar.cluster-b.local", BAR),
      },
      { ...local, topology: "replicated", ownRoots: contractOf().rootCertificates },
    );
    assert.deepEqual(names, { "bar.xyz.global": BAR });
    assert.equal(refused.length, 2);
  });

  it("is matched by import rules by host, and not by name and namespace", () => {
    const config = (imports: unknown[]) =>
      validConfig(
        {
          cluster: { name: "cluster-a", domain: "cluster-a.local" },
          ...{ kubeconfig: KUBECONFIG, peers: { b: { stack: "b", imports } } },
        },
        "cluster-a",
      );
    const { imports } = planImports(local, {
      b: contractOf({ domains: ["shop.example"], ...under("bar.shop.example") }),
    });
    const chosen = (rule: unknown) =>
      Object.keys(chooseFromPeers(imports, config([rule])).choices["b"]?.services ?? {});
    assert.deepEqual(chosen({ host: "*.shop.example" }), ["bar.shop.example"]);
    assert.deepEqual(chosen({ host: "*", as: "bar.example.org" }), ["bar.example.org", "bar.shop.example"]);
    for (const rule of [{ service: "bar" }, { namespace: "*" }]) assert.deepEqual(chosen(rule), []);
  });

  it("cannot be moved into a domain of ours by an import rule", () => {
    const cluster = { name: "cluster-a", domain: "cluster-a.local", domains: ["ours.example"] };
    const peers = { b: { stack: "b", imports: [{ service: "bar", as: "bar.ours.example" }] } };
    const config = validConfig({ cluster, peers, kubeconfig: KUBECONFIG }, "cluster-a");
    const { faults } = chooseFromPeers(planImports(local, { b: contractOf() }).imports, config);
    assert.deepEqual(
      faults.map(({ path, rule }) => [path, rule]),
      [["peers.b.imports[0].as", "is a name of this cluster's own domain 'ours.example'"]],
    );
  });
});

describe("The further domains of a contract", () => {
  const faultsOf = (changes: Parameters<typeof contractOf>[0]): string[] => {
    try {
      readContract(contractOf(changes), "a contract");
      return [];
    } catch (error) {
      assert.ok(error instanceof FaultsError);
      return error.faults.map(({ path }) => path);
    }
  };

  it("are sorted, and optional", () => {
    const { contract } = readContract(contractOf({ domains: ["b.example", "a.example"] }), "");
    assert.deepEqual(contract.domains, ["a.example", "b.example"]);
    const { domains: _domains, ...without } = contractOf();
    assert.deepEqual(readContract(without, "").contract.domains, []);
  });

  for (const [what, changes] of [
    ["of one label", { domains: ["com"] }],
    ["in cluster.local", { domains: ["x.cluster.local"] }],
    ["in clusterset.local", { domains: ["x.clusterset.local"] }],
    ["global", { domains: ["x.global"] }],
    ["the ending of short names", { domains: ["istio-system.svc"] }],
    ["an invalid name", { domains: ["*.example.org"] }],
    ["not text", { domains: [1] }],
    ["the peer's own cluster domain", { domains: ["cluster-b.local"] }],
    ["a subdomain for its Services", { domains: ["svc.cluster-b.local"] }],
    ["one that contains the cluster domain", { clusterDomain: "k8s.acme.org", domains: ["acme.org"] }],
    ["in its mesh domain", { meshDomain: "b.mesh", domains: ["x.b.mesh"] }],
  ] as const) {
    it(`are refused: ${what}`, () => {
      assert.deepEqual(faultsOf(changes), ["domains[0]"]);
    });
  }

  it("may not be duplicate, nested or very many", () => {
    assert.deepEqual(faultsOf({ domains: ["a.example", "a.example"] }), ["domains[1]"]);
    assert.deepEqual(faultsOf({ domains: ["x.a.example", "a.example"] }), ["domains[1]"]);
    assert.deepEqual(faultsOf({ domains: Array.from({ length: 17 }, (_, at) => `d${at}.example`) }), [
      "domains",
    ]);
  });
});

describe("A hostile peer's further domain", () => {
  const c = contractOf({
    ...{ cluster: "cluster-c", clusterDomain: "cluster-c.local", trustDomain: "c.example" },
    ...{ domains: ["pay.example"], rootCertificates: [ROOT_C], services: {} },
  });
  const equal = contractOf({
    ...{
      cluster: "cluster-d",
      clusterDomain: "cluster.local",
      meshDomain: "d.mesh",
      trustDomain: "d.example",
    },
    ...{ rootCertificates: [ROOT_D], services: {} },
  });
  const gone = {
    ...{ clusterDomain: "gone.local", domains: ["gone.example"], trustDomain: "gone.example" },
    rootCertificates: [],
  };
  for (const [what, domain, owner] of [
    ["our cluster domain", "cluster-a.local", "this cluster"],
    ["a subdomain of it", "svc.cluster-a.local", "this cluster"],
    ["our mesh domain", "cluster-a.mesh", "this cluster"],
    ["our further domain", "ours.example", "this cluster"],
    ["a subdomain of it", "x.ours.example", "this cluster"],
    ["another peer's cluster domain", "cluster-c.local", "peer cluster-c"],
    ["a subdomain of it", "svc.cluster-c.local", "peer cluster-c"],
    ["another peer's further domain", "pay.example", "peer cluster-c"],
    ["a subdomain of it", "eu.pay.example", "peer cluster-c"],
    ["another peer's mesh domain", "d.mesh", "peer cluster-d"],
    ["a pending peer's cluster domain", "gone.local", "pending peer gone"],
    ["a pending peer's further domain", "gone.example", "pending peer gone"],
  ] as const) {
    it(`is not ${what}: ${domain}`, () => {
      const evil = contractOf({ domains: [domain] });
      const contracts = { evil, "cluster-c": c, "cluster-d": equal };
      const naming = { ...local, names: { "cluster-d": "mesh" as const } };
      const { imports, faults } = planImports(naming, contracts, [claimOfKnown("gone", gone, true, naming)]);
      assert.ok(!("evil" in imports));
      const evilFaults = faults
        .filter(({ peer }) => peer === "evil")
        .map(({ path, rule }) => `${path} ${rule}`);
      assert.equal(evilFaults.length, 1);
      assert.ok(
        evilFaults[0]?.startsWith("peers.evil.contract.domains[0] must neither equal, contain nor lie in"),
      );
      assert.ok(evilFaults[0]?.endsWith(`which is that of ${owner}`));
      // Another peer is touched by nothing but a claim to its own domain.
      assert.ok(faults.every(({ peer, rule }) => peer === "evil" || rule.includes("peer evil")));
    });
  }

  it("may not contain a domain of ours or of others", () => {
    const deep = { ...local, clusterDomain: "a.acme.org", domains: ["shop.acme.net"] };
    for (const domain of ["acme.org", "acme.net"])
      assert.equal(planned({ domains: [domain], services: {} }, deep).faults.length, 1, domain);
  });

  it("may not be another peer's cluster domain or mesh domain", () => {
    for (const changes of [
      { clusterDomain: "pay.example" },
      { clusterDomain: "cluster.local", meshDomain: "x.pay.example" },
    ]) {
      const { imports } = planImports(
        { ...local, names: "meshDomain" in changes ? { evil: "mesh" as const } : {} },
        { "cluster-c": c, evil: contractOf({ ...changes, services: {} }) },
      );
      assert.deepEqual(imports, {});
    }
    for (const changes of [
      { clusterDomain: "ours.example" },
      { clusterDomain: "cluster.local", meshDomain: "ours.example" },
    ]) {
      const naming = { ...local, names: "meshDomain" in changes ? { evil: "mesh" as const } : {} };
      assert.deepEqual(planImports(naming, { evil: contractOf({ ...changes, services: {} }) }).imports, {});
    }
  });
});

describe("The imports of any contracts with further domains", () => {
  const domain = fc.constantFrom(
    ...["cluster-a.local", "ours.example", "x.ours.example", "example", "shop.example", "eu.shop.example"],
    ...[
      "cluster-b.local",
      "cluster-c.local",
      "b.mesh",
      "c.mesh",
      "cluster.local",
      "cluster-a.mesh",
      "pay.example",
    ],
  );
  const mostly = <T>(value: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, other);
  const host = (cluster: string) =>
    fc
      .tuple(
        fc.constantFrom("bar", "x.svc", "bar.xyz.svc", "y.pod", "eu"),
        fc.oneof(fc.constantFrom(`${cluster}.local`, `${cluster}.example`), domain),
      )
      .map(([name, where]) => `${name}.${where}`);
  const contract = (cluster: string, root: string) =>
    fc
      .record({
        clusterDomain: mostly(`${cluster}.local`, domain),
        meshDomain: mostly(`${cluster}.mesh`, domain),
        domains: mostly([`${cluster}.example`], fc.array(domain, { maxLength: 2 })),
        hosts: fc.uniqueArray(host(cluster), { maxLength: 6 }),
      })
      .map(({ hosts, ...domains }) => {
        const service = { ...barService, subjectAltNames: [`spiffe://${cluster}.trust/ns/xyz/sa/bar`] };
        const services = Object.fromEntries(hosts.map((each) => [each, service]));
        return contractOf({
          cluster,
          trustDomain: `${cluster}.trust`,
          rootCertificates: [root],
          ...domains,
          services,
        });
      });

  it("have no host of ours, and no two peers' hosts equal or in overlapping domains", () => {
    let imported = 0;
    fc.assert(
      fc.property(
        contract("cluster-b", ROOT_C),
        contract("cluster-c", ROOT_D),
        fc.constantFrom("own", "mesh", undefined),
        (b, c, names) => {
          const us = { ...local, names: names === undefined ? {} : { b: names } };
          const { imports } = planImports(us, { b, c });
          const found = Object.values(imports);
          const all = found.flatMap(({ services }) => Object.keys(services));
          imported += all.length;
          assert.equal(new Set(all).size, all.length);
          for (const name of all) {
            for (const own of [local.clusterDomain, "cluster-a.mesh", "ours.example"])
              assert.ok(!overlap(name, own));
          }
          const [one, other] = found;
          for (const mine of one?.contract.domains ?? [])
            assert.ok(Object.keys(other?.services ?? {}).every((name) => !overlap(name, mine)));
        },
      ),
      { numRuns: 2000 },
    );
    assert.ok(imported > 2000, `${imported} services are too few to tell`);
  });
});
