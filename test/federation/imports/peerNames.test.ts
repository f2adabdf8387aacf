import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { HOST_NAME, isBelow } from "../../../federation/core/names.ts";
import { TOPOLOGIES } from "../../../federation/core/topology.ts";
import { validateMeshDomain, nameHere, nameless, namesOf } from "../../../federation/imports/peerNames.ts";
import { label } from "../arbitraries.ts";

const EQUAL = { clusterDomain: "cluster.local", meshDomain: "b.mesh" };
const OTHER = { clusterDomain: "b.local", meshDomain: "b.mesh" };

describe("The hosts of a peer's services", () => {
  for (const [what, peer, ours, chosen, expected] of [
    ["their own where domains differ", OTHER, "a.local", undefined, "own"],
    ["in the mesh domain where the cluster domain is ours", EQUAL, "cluster.local", undefined, "mesh"],
    [
      "in the mesh domain where the cluster domain is ours, whichever it is",
      OTHER,
      "b.local",
      undefined,
      "mesh",
    ],
    ["their own where it is Kubernetes' default, and not ours", EQUAL, "a.local", undefined, "own"],
    ["their own by config", EQUAL, "cluster.local", "own", "own"],
    ["in the mesh domain by config", OTHER, "a.local", "mesh", "mesh"],
  ] as const) {
    it(`are ${what}`, () => {
      assert.equal(namesOf("federation", peer, ours, chosen), expected);
    });
  }

  it("follow the topology in others", () => {
    for (const topology of TOPOLOGIES.filter((each) => each !== "federation")) {
      const expected = topology === "replicated" ? "global" : "own";
      for (const chosen of [undefined, "own", "mesh"] as const)
        assert.equal(namesOf(topology, EQUAL, "cluster.local", chosen), expected);
    }
  });
});

describe("A host under a mesh domain", () => {
  it("is the service's own host with the cluster domain replaced", () => {
    assert.equal(nameHere("mesh", "bar.xyz.svc.cluster.local", EQUAL), "bar.xyz.svc.b.mesh");
    assert.equal(nameHere("mesh", "db-0.db.xyz.svc.cluster.local", EQUAL), "db-0.db.xyz.svc.b.mesh");
    assert.equal(nameHere("mesh", "cluster.local.svc.cluster.local", EQUAL), "cluster.local.svc.b.mesh");
  });

  it("exists for hosts of that cluster only, if it is a valid DNS name", () => {
    assert.equal(nameHere("mesh", "bar.xyz.svc.b.local", EQUAL), undefined);
    assert.equal(
      nameHere("mesh", "bar.xyz.svc.cluster.local", { clusterDomain: "cluster.local" }),
      undefined,
    );
    const long = { clusterDomain: "c.l", meshDomain: `${"x".repeat(60)}.${"y".repeat(60)}.mesh` };
    const host = `${"s".repeat(63)}.${"n".repeat(63)}.svc.c.l`;
    assert.equal(nameHere("mesh", host, long), undefined);
    assert.match(nameless("mesh", long).rule, /too long under the mesh domain 'xxx.*253/);
  });

  it("is distinct per service, lies in the mesh domain, and can be reversed", () => {
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
  const nameFaults = (clusterDomain: string, ours: string) =>
    validateMeshDomain("b", "mesh", { clusterDomain }, ours).map(({ rule, remedy }) => `${rule}. ${remedy}`);

  it("is accepted where its services are not named by it", () => {
    assert.deepEqual(validateMeshDomain("b", "own", { clusterDomain: "b.local" }, "a.local"), []);
    assert.deepEqual(validateMeshDomain("b", "mesh", EQUAL, "cluster.local"), []);
  });

  it("must be updated where its cluster domain is ours", () => {
    const [fault = ""] = nameFaults("cluster.local", "cluster.local");
    assert.match(
      fault,
      /is missing.*'cluster\.local' is also that of this cluster\. Have the peer's stack updated/,
    );
    assert.doesNotMatch(fault, /names own/);
  });

  it("may keep its own hosts where they are not ours", () => {
    assert.match(
      nameFaults("b.local", "a.local").join(),
      /peers\.b\.names is 'mesh'\. .*`pulumi config set --path 'istio-federation:peers\.b\.names' own`/,
    );
  });
});
