import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { HOST_NAME, isBelow } from "../../../federation/core/names.ts";
import { TOPOLOGIES } from "../../../federation/core/topology.ts";
import {
  validateMeshDomain,
  nameHere,
  nameless,
  namesOf,
  namingNotes,
} from "../../../federation/imports/peerNames.ts";
import { label } from "../arbitraries.ts";

const EQUAL = { clusterDomain: "cluster.local", meshDomain: "b.mesh" };
const OTHER = { clusterDomain: "b.local", meshDomain: "b.mesh" };

describe("The names of a peer's services", () => {
  for (const [what, peer, ours, chosen, expected] of [
    ["their own where domains differ", OTHER, "a.local", undefined, "own"],
    ["in the mesh domain where the cluster domain is ours", EQUAL, "cluster.local", undefined, "mesh"],
    ["in the mesh domain where it is ours, whatever it is", OTHER, "b.local", undefined, "mesh"],
    ["their own where it is Kubernetes' default, and not ours", EQUAL, "a.local", undefined, "own"],
    ["their own where the config says so", EQUAL, "cluster.local", "own", "own"],
    ["in the mesh domain where the config says so", OTHER, "a.local", "mesh", "mesh"],
  ] as const) {
    it(`are ${what}`, () => {
      assert.equal(namesOf("federation", peer, ours, chosen), expected);
    });
  }

  it("are as the topology has them, in any other", () => {
    for (const topology of TOPOLOGIES.filter((each) => each !== "federation")) {
      const expected = topology === "replicated" ? "global" : "own";
      for (const chosen of [undefined, "own", "mesh"] as const)
        assert.equal(namesOf(topology, EQUAL, "cluster.local", chosen), expected);
    }
  });
});

describe("A name under a mesh domain", () => {
  it("is the service's own with that domain for the cluster's", () => {
    assert.equal(nameHere("mesh", "bar.xyz.svc.cluster.local", EQUAL), "bar.xyz.svc.b.mesh");
    assert.equal(nameHere("mesh", "db-0.db.xyz.svc.cluster.local", EQUAL), "db-0.db.xyz.svc.b.mesh");
    assert.equal(nameHere("mesh", "cluster.local.svc.cluster.local", EQUAL), "cluster.local.svc.b.mesh");
  });

  it("is there for names of that cluster only, and where it is a DNS name", () => {
    assert.equal(nameHere("mesh", "bar.xyz.svc.b.local", EQUAL), undefined);
    assert.equal(
      nameHere("mesh", "bar.xyz.svc.cluster.local", { clusterDomain: "cluster.local" }),
      undefined,
    );
    const long = { clusterDomain: "c.l", meshDomain: `${"x".repeat(60)}.${"y".repeat(60)}.mesh` };
    const host = `${"s".repeat(63)}.${"n".repeat(63)}.svc.c.l`;
    assert.equal(nameHere("mesh", host, long), undefined);
    assert.match(nameless("mesh", long).rule, /too long a name under the peer's mesh domain 'xxx.*253/);
  });

  it("is no two services' name, lies in the mesh domain, and tells the name there", () => {
    const host = fc
      .array(label(), { minLength: 1, maxLength: 3 })
      .map((labels) => `${labels.join(".")}.svc.cluster.local`);
    fc.assert(
      fc.property(host, host, (one, other) => {
        const [here, there] = [nameHere("mesh", one, EQUAL), nameHere("mesh", other, EQUAL)];
        assert.equal(here === there, one === other);
        assert.ok(here !== undefined && HOST_NAME.test(here) && isBelow(here, "svc.b.mesh"));
        assert.equal(here.replace(/\.b\.mesh$/, ".cluster.local"), one);
      }),
    );
  });
});

describe("A peer without a mesh domain", () => {
  const told = (clusterDomain: string, ours: string) =>
    validateMeshDomain("b", "mesh", { clusterDomain }, ours).map(({ rule, remedy }) => `${rule}. ${remedy}`);

  it("is none to complain of where its services are not called by it", () => {
    assert.deepEqual(validateMeshDomain("b", "own", { clusterDomain: "b.local" }, "a.local"), []);
    assert.deepEqual(validateMeshDomain("b", "mesh", EQUAL, "cluster.local"), []);
  });

  it("is to be updated, as nothing else helps where its cluster domain is ours", () => {
    const [fault = ""] = told("cluster.local", "cluster.local");
    assert.match(
      fault,
      /is missing.*'cluster\.local' is that of this cluster too\. Have the peer's stack updated/,
    );
    assert.doesNotMatch(fault, /names own/);
  });

  it("may keep its own names where they are not ours", () => {
    assert.match(
      told("b.local", "a.local").join(),
      /peers\.b\.names is 'mesh'\. .*`pulumi config set --path 'istio-federation:peers\.b\.names' own`/,
    );
  });
});

describe("A note on names", () => {
  it("tells that services imported by an older version get others, and how to keep theirs", () => {
    const [note, ...others] = namingNotes("b", "mesh", EQUAL, { clusterDomain: "cluster.local" });
    assert.deepEqual(others, []);
    assert.match(
      note ?? "",
      /services of b .*'b\.mesh' from now on.*'cluster\.local'; to keep those: .*own`$/,
    );
  });

  it("is not made at first sight, nor again, nor where names stay", () => {
    assert.deepEqual(namingNotes("b", "mesh", EQUAL, undefined), []);
    assert.deepEqual(namingNotes("b", "mesh", EQUAL, EQUAL), []);
    assert.deepEqual(namingNotes("b", "own", EQUAL, { clusterDomain: "cluster.local" }), []);
  });
});
