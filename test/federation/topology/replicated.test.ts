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
  it("imports a peer's service under its .global name with its remote host", () => {
    const { imports, faults } = planImports(local, { "cluster-2": peerOf("cluster-2") });
    assert.deepEqual(faults, []);
    assert.deepEqual(imports["cluster-2"]?.services, {
      "httpbin.bar.global": { ...plainImport(httpbin), remoteHost: HTTPBIN },
    });
  });

  it("imports .global names also where cluster domains and trust domains differ", () => {
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

  it("skips services without a .global name and imports the rest", () => {
    const services = { [HTTPBIN]: httpbin, [`pod-0.${HTTPBIN}`]: httpbin };
    const { imports } = planImports(local, { "cluster-2": peerOf("cluster-2", { services }) });
    assert.deepEqual(Object.keys(imports["cluster-2"]?.services ?? {}), ["httpbin.bar.global"]);
    const [refused, ...others] = imports["cluster-2"]?.refused ?? [];
    assert.deepEqual(others, []);
    assert.match(refused?.path ?? "", /services\["pod-0\./);
    assert.match(refused?.rule ?? "", /not of the form '<name>\.<namespace>/);
  });

  it("refuses a peer with our name or an overlapping domain", () => {
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
    assert.match(found[0]?.rule ?? "", /must neither contain nor lie in 'cluster\.local'/);
  });

  it("refuses a peer of another topology, naming both", () => {
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

  it("refuses a peer under another root, unless a root change is under way", () => {
    const [fault, ...others] = faultsOf({ b: peerOf("b", { rootCertificates: [ROOT_C] }) });
    assert.deepEqual(others, []);
    assert.equal(fault?.path, "peers.b.contract.rootCertificates");
    assert.match(fault.rule, /none in common with this cluster/);
    assert.deepEqual(faultsOf({ b: peerOf("b", { rootCertificates: [ROOT_B, ROOT_C] }) }), []);
  });

  it("accepts one .global name from two peers before import rules decide", () => {
    const { imports, faults } = planImports(local, { b: peerOf("b"), c: peerOf("c") });
    assert.deepEqual(faults, []);
    for (const found of Object.values(imports))
      assert.deepEqual(Object.keys(found.services), ["httpbin.bar.global"]);
  });
});

describe("A hostile contract under replicated control planes", () => {
  it("gets only .global names, one per service, and identities of its trust domain", () => {
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

describe("A warning about a shared trust domain", () => {
  it("lists who can issue whose identities, this cluster first", () => {
    const [note, ...others] = commonTrustNotes({ c: "x.local", b: "x.local", d: "d.local" }, "x.local");
    assert.deepEqual(others, []);
    assert.match(
      note ?? "",
      /^trust domain x\.local is that of this cluster, b, c: .* every identity .* no trust anchor can constrain them/,
    );
  });

  it("includes peers that share one with each other, and clusters of the root", () => {
    const equals = { b: "x.local", c: "x.local", d: "y.local", e: "y.local" };
    for (const own of ["a.local", undefined]) {
      assert.deepEqual(
        commonTrustNotes(equals, own).map((note) => note.split(":")[0]),
        ["trust domain x.local is that of b, c", "trust domain y.local is that of d, e"],
      );
    }
  });

  it("does not appear where all trust domains differ", () => {
    assert.deepEqual(commonTrustNotes({ b: "b.local" }, "a.local"), []);
    assert.deepEqual(commonTrustNotes({}, "a.local"), []);
  });
});

describe("A warning about the trust domain cluster.local", () => {
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

  it("lists principals that policies cannot match, and those they match instead", () => {
    const [note, ...others] = noted("a.mesh");
    assert.deepEqual(others, []);
    assert.match(
      note ?? "",
      /^the trust domain of c is cluster\.local, .* take for a\.mesh, .* allows our bar and not the one of c/,
    );
  });

  it("does not appear where cluster.local is our own", () => {
    assert.deepEqual(noted("cluster.local"), []);
  });
});
