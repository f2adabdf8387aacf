import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { Contract } from "../../../federation/contract/contract.ts";
import { overlap } from "../../../federation/core/names.ts";
import { type LocalCluster, planImports } from "../../../federation/imports/contracts.ts";
import { plainImport } from "../../../federation/imports/import.ts";
import { renderImport } from "../../../federation/imports/serviceEntry.ts";
import type { NamesChoice } from "../../../federation/imports/peerNames.ts";
import { contractService, label, shuffled } from "../arbitraries.ts";
import { ROOT_B, ROOT_C, ROOT_D, contractOf } from "../samples.ts";

const HTTPBIN = "httpbin.bar.svc.cluster.local";
const httpbinOf = (trustDomain: string) => ({
  ports: [{ number: 8000, name: "http", protocol: "HTTP" as const }],
  subjectAltNames: [`spiffe://${trustDomain}/ns/bar/sa/httpbin`],
});

const local: LocalCluster = {
  cluster: "cluster-1",
  clusterDomain: "cluster.local",
  meshDomain: "cluster-1.mesh",
  trustDomain: "cluster-1.mesh",
  allowGatewayAddresses: [],
};

/** A peer `cluster.local` in a federation. */
const peerOf = (
  cluster: string,
  changes: Partial<Record<keyof Contract, unknown>> = {},
  root = ROOT_B,
): Contract =>
  contractOf({
    cluster,
    clusterDomain: "cluster.local",
    meshDomain: `${cluster}.mesh`,
    trustDomain: `${cluster}.mesh`,
    rootCertificates: [root],
    services: { [HTTPBIN]: httpbinOf(`${cluster}.mesh`) },
    ...changes,
  });

const nameFaults = (contracts: Record<string, unknown>, own: LocalCluster = local) =>
  planImports(own, contracts).faults.map(({ path, rule, remedy }) => `${path} ${rule}. ${remedy}`);

const pathsOf = (contracts: Record<string, unknown>, own: LocalCluster = local) =>
  planImports(own, contracts).faults.map(({ path }) => path);

describe("A plan of imports with equal cluster domains", () => {
  it("imports a peer's service under its mesh domain with its remote host", () => {
    const { imports, faults } = planImports(local, { "cluster-2": peerOf("cluster-2") });
    assert.deepEqual(faults, []);
    assert.deepEqual(imports["cluster-2"]?.services, {
      "httpbin.bar.svc.cluster-2.mesh": { ...plainImport(httpbinOf("cluster-2.mesh")), remoteHost: HTTPBIN },
    });
  });

  it("uses the remote host in the SNI for a TLS-terminating gateway", () => {
    const terminated = { ...httpbinOf("cluster-2.mesh"), terminated: true as const };
    const { imports } = planImports(local, {
      "cluster-2": peerOf("cluster-2", { services: { [HTTPBIN]: terminated } }),
    });
    const [[host, service] = assert.fail()] = Object.entries(imports["cluster-2"]?.services ?? {});
    assert.deepEqual(service, { ...plainImport(terminated), remoteHost: HTTPBIN });
    const [, rule] = renderImport({
      ...{ host, service, exportTo: ["*"], namespace: "n", peer: "cluster-2" },
      gateways: [{ address: "203.0.113.20", port: 15443 }],
      otherGateways: {},
    });
    assert.match(JSON.stringify(rule), new RegExp(`"sni":"p\\d+\\.${HTTPBIN}"`));
  });

  it("imports the same services of two such peers, beside a peer with another domain", () => {
    const b = contractOf({ rootCertificates: [ROOT_D] });
    const contracts = {
      b,
      "cluster-2": peerOf("cluster-2"),
      "cluster-3": peerOf("cluster-3", {}, ROOT_C),
    };
    const { imports, faults } = planImports(local, contracts);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      Object.values(imports).flatMap(({ services }) => Object.keys(services)),
      [...Object.keys(b.services), "httpbin.bar.svc.cluster-2.mesh", "httpbin.bar.svc.cluster-3.mesh"],
    );
  });

  it("imports under cluster-domain names by config, unless the domain is ours", () => {
    const own = { ...local, clusterDomain: "a.local", names: { b: "own" as const } };
    const { imports } = planImports(own, { b: peerOf("cluster-2") });
    assert.deepEqual(imports["b"]?.services, { [HTTPBIN]: plainImport(httpbinOf("cluster-2.mesh")) });
    const [fault, ...others] = nameFaults({ b: peerOf("cluster-2") }, { ...local, names: { b: "own" } });
    assert.deepEqual(others, []);
    assert.match(
      fault ?? "",
      /^peers\.b\.contract\.clusterDomain must neither equal.*that of this cluster\. .*'cluster-2\.mesh': `pulumi config set --path 'istio-federation:peers\.b\.names' mesh`/,
    );
  });

  it("accepts two peers with one cluster domain only under their mesh domains, which the fault names", () => {
    const domain = (cluster: string, root: string) =>
      peerOf(cluster, { clusterDomain: "k8s.acme", services: {} }, root);
    const contracts = { b: domain("b", ROOT_B), c: domain("c", ROOT_C) };
    const faults = nameFaults(contracts);
    assert.equal(faults.length, 2);
    assert.match(faults[0] ?? "", /'k8s\.acme', which is that of peer c\. .*peers\.b\.names' mesh`/);
    assert.match(faults[1] ?? "", /'k8s\.acme', which is that of peer b\. .*peers\.c\.names' mesh`/);
    assert.deepEqual(nameFaults(contracts, { ...local, names: { c: "mesh" } }), []);
  });

  it("refuses a contract without a mesh domain where one is needed", () => {
    const { meshDomain, ...older } = peerOf("cluster-2");
    assert.equal(meshDomain, "cluster-2.mesh");
    assert.match(
      nameFaults({ b: older }).join(),
      /^peers\.b\.contract\.meshDomain is missing.*`pulumi up` there\) \(stack b publishes it\)$/,
    );
    const elsewhere = { ...older, clusterDomain: "b.local", services: {} };
    assert.deepEqual(nameFaults({ b: elsewhere }), []);
  });

  it("refuses equal trust domains, naming the field to set", () => {
    const same = peerOf("cluster-2", { trustDomain: "cluster.local", services: {} });
    const [fault, ...others] = nameFaults({ b: same }, { ...local, trustDomain: "cluster.local" });
    assert.deepEqual(others, []);
    assert.match(
      fault ?? "",
      /^peers\.b\.contract\.trustDomain must neither equal.*Write cluster\.trustDomain .* e\.g\. 'cluster-2\.mesh' for this peer/,
    );
  });

  it("skips services with too long a name under the mesh domain, with a warning", () => {
    const meshDomain =
      [..."abcd"]
        .map((letter) => letter.repeat(60))
        .join(".")
        .slice(0, 200) + ".mesh";
    const host = `${"s".repeat(60)}.bar.svc.cluster.local`;
    const services = { [host]: httpbinOf("cluster-2.mesh"), [HTTPBIN]: httpbinOf("cluster-2.mesh") };
    const found = planImports(local, { b: peerOf("cluster-2", { meshDomain, services }) }).imports["b"];
    assert.deepEqual(Object.keys(found?.services ?? {}), [`httpbin.bar.svc.${meshDomain}`]);
    assert.match(found?.refused.map(({ rule }) => rule).join() ?? "", /^would be too long/);
  });

  it("refuses gateways in our domain and services outside the peer's", () => {
    const gateways = [{ address: "kubernetes.default.svc.cluster.local", port: 443 }];
    assert.deepEqual(pathsOf({ b: peerOf("cluster-2", { gateways }) }), [
      "peers.b.contract.gateways[0].address",
    ]);
    const services = { "httpbin.bar.svc.cluster-2.mesh": httpbinOf("cluster-2.mesh") };
    const found = planImports(local, { b: peerOf("cluster-2", { services }) }).imports["b"];
    assert.deepEqual(found?.services, {});
    assert.match(found.refused[0]?.rule ?? "", /must be a name below 'svc\.cluster\.local'/);
  });
});

describe("A hostile peer's mesh domain", () => {
  const b = contractOf({ rootCertificates: [ROOT_D] });
  const three = peerOf("cluster-3", {}, ROOT_C);
  const claims = [
    {
      owner: "pending peer p",
      cluster: undefined,
      nameDomains: ["p.mesh"],
      trustDomain: "p.mesh",
      rootCertificates: [],
    },
  ];
  for (const [what, meshDomain] of [
    ["our cluster domain", "cluster.local"],
    ["a subdomain of it", "svc.cluster.local"],
    ["one that contains the cluster domain", "local"],
    ["our own mesh domain", "cluster-1.mesh"],
    ["a subdomain of it", "x.cluster-1.mesh"],
    ["one that contains all mesh domains", "mesh"],
    ["another peer's cluster domain", "cluster-b.local"],
    ["a subdomain for its Services", "svc.cluster-b.local"],
    ["another peer's mesh domain", "cluster-3.mesh"],
    ["a subdomain of it", "bar.svc.cluster-3.mesh"],
    ["a pending peer's", "p.mesh"],
    ["a .global name", "bar.global"],
    ["the domain of .global names", "global"],
    ["the domain of the Multi-Cluster Services API", "clusterset.local"],
    ["a top-level domain", "com"],
    ["the label svc", "svc"],
  ] as const) {
    it(`may not be ${what}: ${meshDomain}`, () => {
      const contracts = { b, "cluster-3": three, evil: peerOf("evil", { meshDomain }) };
      const { imports, faults } = planImports(local, contracts, claims);
      assert.ok(!("evil" in imports));
      const [fault] = faults.filter(({ peer }) => peer === "evil");
      assert.equal(fault?.path, "peers.evil.contract.meshDomain");
      // Another peer is touched by nothing but a claim to its own domain.
      assert.ok(faults.every(({ peer, rule }) => peer === "evil" || rule.includes("peer evil")));
    });
  }

  it("may not contain a domain of ours with more than two labels", () => {
    const deep = { ...local, clusterDomain: "k8s.acme.internal", meshDomain: "a.mesh.acme.internal" };
    for (const meshDomain of ["acme.internal", "mesh.acme.internal", "x.k8s.acme.internal"]) {
      const evil = peerOf("evil", { clusterDomain: deep.clusterDomain, meshDomain });
      assert.ok(pathsOf({ evil }, deep).length > 0, meshDomain);
    }
  });

  it("may not be reached by a shared cluster domain either", () => {
    const shared = peerOf("evil", { clusterDomain: "clusterset.local", services: {} });
    assert.match(nameFaults({ evil: shared }).join(), /must neither equal.*'clusterset\.local'/);
    const evil = peerOf("evil", { clusterDomain: "x.global", services: {} });
    assert.match(
      nameFaults({ evil }).join(),
      /must neither equal.*'global', which is that of all clusters together/,
    );
  });
});

describe("The imports of any contracts in a federation", () => {
  const domain = fc.constantFrom(
    ...["cluster.local", "local", "a.local", "k8s.acme", "acme", "b.mesh", "c.mesh", "mesh", "x.b.mesh"],
    ...["global", "x.global", "clusterset.local", "svc", "svc.cluster.local", "us.mesh"],
  );
  const contract = (cluster: string, root: string): fc.Arbitrary<Contract> =>
    fc
      .record(
        {
          clusterDomain: fc.oneof({ weight: 2, arbitrary: fc.constant("cluster.local") }, domain),
          meshDomain: fc.oneof({ weight: 4, arbitrary: fc.constant(`${cluster}.mesh`) }, domain),
          labels: fc.array(fc.tuple(label(), label()), { maxLength: 3 }),
          service: contractService(`${cluster}.trust`),
        },
        { requiredKeys: ["clusterDomain", "labels", "service"] },
      )
      .map(({ labels, service, ...domains }) =>
        contractOf({
          cluster,
          trustDomain: `${cluster}.trust`,
          rootCertificates: [root],
          ...domains,
          services: Object.fromEntries(
            labels.map(([name, ns]) => [`${name}.${ns}.svc.${domains.clusterDomain}`, service]),
          ),
        }),
      );
  const choice = fc.constantFrom<NamesChoice | undefined>(undefined, "own", "mesh");
  const world = fc.record({
    contracts: fc.tuple(contract("b", ROOT_B), contract("c", ROOT_C), contract("d", ROOT_D)),
    choices: fc.tuple(choice, choice, choice),
    ours: fc.constantFrom("cluster.local", "a.local", "k8s.acme", "us.k8s.acme"),
  });
  const localOf = (ours: string, choices: readonly (NamesChoice | undefined)[]): LocalCluster => ({
    ...local,
    clusterDomain: ours,
    meshDomain: "us.mesh",
    names: Object.fromEntries(
      ["b", "c", "d"].flatMap((peer, index) => {
        const chosen = choices[index];
        return chosen === undefined ? [] : [[peer, chosen]];
      }),
    ),
  });

  it("have no two peers' names in one domain, and none in ours or a reserved one", () => {
    fc.assert(
      fc.property(world, ({ contracts, choices, ours }) => {
        const [b, c, d] = contracts;
        const { imports } = planImports(localOf(ours, choices), { b, c, d });
        const domains = Object.values(imports).map(({ services }) =>
          Object.keys(services).map((name) => name.slice(name.indexOf(".svc.") + ".svc.".length)),
        );
        for (const [index, those] of domains.entries()) {
          for (const one of those) {
            for (const taken of [ours, "us.mesh", "global", "clusterset.local"])
              assert.ok(!overlap(one, taken), `${one} ${taken}`);
            for (const other of domains.slice(index + 1).flat()) assert.ok(!overlap(one, other));
          }
        }
        const names = Object.values(imports).flatMap(({ services }) => Object.keys(services));
        assert.equal(new Set(names).size, names.length);
      }),
      { numRuns: 1000 },
    );
  });

  it("have each service under one host, with its remote host", () => {
    fc.assert(
      fc.property(world, ({ contracts, choices, ours }) => {
        const [b, c, d] = contracts;
        const { imports } = planImports(localOf(ours, choices), { b, c, d });
        for (const { contract: found, services, refused } of Object.values(imports)) {
          assert.deepEqual(refused, []);
          const there = Object.entries(services).map(([name, { remoteHost }]) => remoteHost ?? name);
          assert.deepEqual(there.sort(), Object.keys(found.services).sort());
        }
      }),
      { numRuns: 300 },
    );
  });

  it("are equal in any order of peers, and a further peer renames nothing", () => {
    fc.assert(
      fc.property(
        world,
        shuffled(["b", "c", "d"] as const),
        ({ contracts: [b, c, d], choices, ours }, order) => {
          const own = localOf(ours, choices);
          const all = { b, c, d };
          const forth = planImports(own, all);
          const back = planImports(own, Object.fromEntries(order.map((peer) => [peer, all[peer]])));
          assert.equal(JSON.stringify(forth), JSON.stringify(back));
          const alone = planImports(own, { b }).imports["b"];
          const among = forth.imports["b"];
          if (among !== undefined) assert.deepEqual(among, alone);
        },
      ),
      { numRuns: 300 },
    );
  });
});
