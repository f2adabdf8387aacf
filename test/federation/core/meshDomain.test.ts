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
    ["a single label that ends other names", "local"],
    ["a top-level domain", "com"],
    ["the label of all Services", "svc"],
    ["Kubernetes' default, which is any cluster's", "cluster.local"],
    ["a subdomain of it", "svc.cluster.local"],
    ["a name of a Service below it", "b.xyz.svc.cluster.local"],
    ["the domain of .global names", "global"],
    ["a subdomain of it", "b.global"],
    ["the domain of the Multi-Cluster Services API", "clusterset.local"],
    ["a subdomain of it", "svc.clusterset.local"],
    ["the domain of reverse lookups", "in-addr.arpa"],
    ["a subdomain of it", "0.10.in-addr.arpa"],
    ["the domain of IPv6 reverse lookups", "ip6.arpa"],
    ["an invalid DNS name", "B_.mesh"],
    ["a disguised address", "127.1"],
    ["a name with a trailing dot", "b.mesh."],
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
