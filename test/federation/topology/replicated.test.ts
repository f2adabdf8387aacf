import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { Contract } from "../../../federation/contract/contract.ts";
import { plainImport } from "../../../federation/imports/import.ts";
import { type LocalCluster, planImports } from "../../../federation/imports/contracts.ts";
import { commonTrustNotes, unnamedTrustNotes } from "../../../federation/trust/commonTrust.ts";
import { doubtfulContract } from "../arbitraries.ts";
import { ROOT_B, ROOT_C, contractOf } from "../samples.ts";

const HTTPBIN = "httpbin.bar.svc.cluster.local";
const httpbin = {
  ports: [{ number: 8000, name: "http", protocol: "HTTP" as const }],
  subjectAltNames: ["spiffe://cluster.local/ns/bar/sa/httpbin"],
};

const local: LocalCluster = {
  cluster: "cluster-1",
  clusterDomain: "cluster.local",
  trustDomain: "cluster.local",
  topology: "replicated",
  allowGatewayAddresses: [],
  rootCertificates: [ROOT_B],
  ownRoots: [ROOT_B],
};

const peerOf = (cluster: string, changes: Partial<Record<keyof Contract, unknown>> = {}): Contract =>
  contractOf({
    cluster,
    clusterDomain: "cluster.local",
    trustDomain: "cluster.local",
    topology: "replicated",
    services: { [HTTPBIN]: httpbin },
    ...changes,
  });

const faultsOf = (contracts: Record<string, unknown>, own = local) =>
  planImports(own, contracts).faults.map(({ path, value, rule }) => ({ path, value, rule }));

describe("A plan of imports under replicated control planes", () => {
  it("takes a peer's service under its global name, which leads to the name that it has there", () => {
    const { imports, faults } = planImports(local, { "cluster-2": peerOf("cluster-2") });
    assert.deepEqual(faults, []);
    assert.deepEqual(imports["cluster-2"]?.services, {
      "httpbin.bar.global": { ...plainImport(httpbin), remoteHost: HTTPBIN },
    });
  });

  it("does so too where cluster domains and trust domains differ", () => {
    const host = "httpbin.bar.svc.b.local";
    const contract = peerOf("cluster-2", {
      clusterDomain: "b.local",
      trustDomain: "b.local",
      services: { [host]: { ...httpbin, subjectAltNames: ["spiffe://b.local/ns/bar/sa/httpbin"] } },
    });
    const { services } = planImports(local, { b: contract }).imports["b"] ?? assert.fail();
    assert.deepEqual(Object.entries(services)[0]?.slice(0, 1), ["httpbin.bar.global"]);
    assert.equal(services["httpbin.bar.global"]?.remoteHost, host);
  });

  it("leaves out what has no global name, and takes the rest", () => {
    const services = { [HTTPBIN]: httpbin, [`pod-0.${HTTPBIN}`]: httpbin };
    const { imports } = planImports(local, { "cluster-2": peerOf("cluster-2", { services }) });
    assert.deepEqual(Object.keys(imports["cluster-2"]?.services ?? {}), ["httpbin.bar.global"]);
    const [refused, ...others] = imports["cluster-2"]?.refused ?? [];
    assert.deepEqual(others, []);
    assert.match(refused?.path ?? "", /services\["pod-0\./);
    assert.match(refused?.rule ?? "", /not of the form '<name>\.<namespace>/);
  });

  it("refuses a peer with our very name, or with a domain that holds or lies in ours", () => {
    assert.deepEqual(
      faultsOf({ x: peerOf("cluster-1") }).map(({ path }) => path),
      ["peers.x.contract.cluster"],
    );
    const nested = peerOf("cluster-2", { clusterDomain: "x.cluster.local", trustDomain: "local" });
    const found = faultsOf({ x: nested });
    assert.deepEqual(
      found.map(({ path }) => path),
      ["peers.x.contract.clusterDomain", "peers.x.contract.trustDomain"],
    );
    assert.match(found[0]?.rule ?? "", /must neither hold nor lie in 'cluster\.local'/);
  });

  it("refuses a peer of another topology, and names both", () => {
    for (const [own, topology, ours, theirs] of [
      ["replicated", undefined, "replicated", "federation"],
      ["federation", "replicated", "federation", "replicated"],
    ] as const) {
      const contract = contractOf({ ...(topology === undefined ? {} : { topology }) });
      const [fault, ...others] = faultsOf({ b: contract }, { ...local, topology: own });
      assert.deepEqual(others, []);
      assert.deepEqual([fault?.path, fault?.value], ["peers.b.contract.topology", theirs]);
      assert.match(fault?.rule ?? "", new RegExp(`is not '${ours}'`));
    }
  });

  it("refuses a peer under another root, but not one whose root is about to change", () => {
    const [fault, ...others] = faultsOf({ b: peerOf("b", { rootCertificates: [ROOT_C] }) });
    assert.deepEqual(others, []);
    assert.equal(fault?.path, "peers.b.contract.rootCertificates");
    assert.match(fault.rule, /none in common with this cluster/);
    assert.deepEqual(faultsOf({ b: peerOf("b", { rootCertificates: [ROOT_B, ROOT_C] }) }), []);
  });

  it("takes services of one global name from two peers: who serves it is settled when the rules have chosen", () => {
    const { imports, faults } = planImports(local, { b: peerOf("b"), c: peerOf("c") });
    assert.deepEqual(faults, []);
    for (const found of Object.values(imports))
      assert.deepEqual(Object.keys(found.services), ["httpbin.bar.global"]);
  });
});

describe("A hostile contract under replicated control planes", () => {
  it("gets no name but global ones, each for a service of its own, and no identity but of its trust domain", () => {
    const hostile = doubtfulContract("b").map((contract) => ({ ...contract, topology: "replicated" }));
    fc.assert(
      fc.property(hostile, (contract) => {
        const { imports } = planImports(local, { b: contract });
        for (const [name, service] of Object.entries(imports["b"]?.services ?? {})) {
          assert.match(name, /^[a-z0-9-]+\.[a-z0-9-]+\.global$/);
          const [own = "", namespace = ""] = name.split(".");
          assert.equal(service.remoteHost, `${own}.${namespace}.svc.${contract.clusterDomain}`);
          const prefix = `spiffe://${contract.trustDomain}/`;
          assert.ok(service.subjectAltNames.every((identity) => identity.startsWith(prefix)));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("A note on a common trust domain", () => {
  it("names who can speak for whom, this cluster first", () => {
    const [note, ...others] = commonTrustNotes({ c: "x.local", b: "x.local", d: "d.local" }, "x.local");
    assert.deepEqual(others, []);
    assert.match(
      note ?? "",
      /^trust domain x\.local is that of this cluster, b, c: .* every identity .* no trust anchor can constrain equals/,
    );
  });

  it("tells of peers that are equals among themselves, and of clusters under a root that is in none", () => {
    const equals = { b: "x.local", c: "x.local", d: "y.local", e: "y.local" };
    for (const own of ["a.local", undefined]) {
      assert.deepEqual(
        commonTrustNotes(equals, own).map((note) => note.split(":")[0]),
        ["trust domain x.local is that of b, c", "trust domain y.local is that of d, e"],
      );
    }
  });

  it("is not made where nobody has another's", () => {
    assert.deepEqual(commonTrustNotes({ b: "b.local" }, "a.local"), []);
    assert.deepEqual(commonTrustNotes({}, "a.local"), []);
  });
});

describe("A note on the trust domain cluster.local", () => {
  const trusted = [
    ["b", "b.local"],
    ["c", "cluster.local"],
  ] as const;
  const noted = (trustDomain: string) =>
    unnamedTrustNotes(
      {
        cluster: {
          name: "a",
          domain: "cluster.local",
          network: "n",
          meshDomain: "a.mesh",
          domains: [],
          trustDomain,
        },
      },
      trusted,
    );

  it("tells of whom a policy here cannot speak, and whom it means instead", () => {
    const [note, ...others] = noted("a.mesh");
    assert.deepEqual(others, []);
    assert.match(
      note ?? "",
      /^the trust domain of c is cluster\.local, .* means a\.mesh, .* lets in our bar and not that of c/,
    );
  });

  it("is not made where it is ours, and Istio means what is written", () => {
    assert.deepEqual(noted("cluster.local"), []);
  });
});
