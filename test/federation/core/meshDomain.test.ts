import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { MESH_DOMAIN, defaultMeshDomain } from "../../../federation/core/domains.ts";
import { overlap, DNS_LABEL } from "../../../federation/core/names.ts";
import { label } from "../arbitraries.ts";

describe("A mesh domain", () => {
  for (const domain of ["cluster-b.mesh", "b.acme.internal", "b.local", "7.mesh", "svc.acme.example"]) {
    it(`may be ${domain}`, () => {
      assert.ok(MESH_DOMAIN.test(domain));
    });
  }

  for (const [what, domain] of [
    ["a single label, which others' names end with", "local"],
    ["a single label of the internet", "com"],
    ["the label of all Services", "svc"],
    ["Kubernetes' default, which is any cluster's", "cluster.local"],
    ["in it", "svc.cluster.local"],
    ["deep in it", "b.xyz.svc.cluster.local"],
    ["that of global names", "global"],
    ["in that", "b.global"],
    ["that of the Multi-Cluster Services API", "clusterset.local"],
    ["in that", "svc.clusterset.local"],
    ["that of reverse lookups", "in-addr.arpa"],
    ["in that", "0.10.in-addr.arpa"],
    ["that of IPv6's", "ip6.arpa"],
    ["no DNS name", "B_.mesh"],
    ["an address in disguise", "127.1"],
    ["one with an end of its own", "b.mesh."],
    ["empty", ""],
  ] as const) {
    it(`may not be ${what}: ${domain}`, () => {
      assert.ok(!MESH_DOMAIN.test(domain));
    });
  }

  it("is by default distinct for each cluster name", () => {
    const name = label().filter(DNS_LABEL.test);
    fc.assert(
      fc.property(name, name, (one, other) => {
        assert.ok(MESH_DOMAIN.test(defaultMeshDomain(one)));
        assert.equal(overlap(defaultMeshDomain(one), defaultMeshDomain(other)), one === other);
      }),
    );
    assert.ok(MESH_DOMAIN.test(defaultMeshDomain("x".repeat(63))));
  });
});
