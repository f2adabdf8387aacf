import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { TRUST_DOMAIN, parseSpiffeId, serviceAccountId } from "../../../federation/core/spiffe.ts";

describe("A SPIFFE id", () => {
  it("is parsed into trust domain and path", () => {
    const id = serviceAccountId("b.local", "xyz", "bar");
    assert.equal(id, "spiffe://b.local/ns/xyz/sa/bar");
    assert.deepEqual(parseSpiffeId(id), { trustDomain: "b.local", path: "/ns/xyz/sa/bar" });
  });

  it("has the trust domain between the first slashes", () => {
    assert.equal(parseSpiffeId("spiffe://b.local.evil/ns/x/sa/y")?.trustDomain, "b.local.evil");
    assert.equal(parseSpiffeId("spiffe://evil/b.local/ns/x/sa/y")?.trustDomain, "evil");
  });

  for (const text of [
    "",
    "b.local/ns/x/sa/y",
    "spiffe://b.local",
    "spiffe://b.local/",
    "spiffe:///ns/x",
    "spiffe://b.local//x",
    "spiffe://b.local/x/",
    "spiffe://b.local/../x",
    "spiffe://b.local/./x",
    "spiffe://a@b.local/x",
    "spiffe://b.local:443/x",
    "spiffe://b.local/x?y",
    "spiffe://b.local/x#y",
    "spiffe://b.local/%2e%2e/x",
    "spiffe://B.local/x",
    "SPIFFE://b.local/x",
    "spiffe://b.local/x, spiffe://c/y",
    "spiffe://b.local/x\n",
    ` spiffe://b.local/x`,
    `spiffe://b.local/${"x".repeat(2048)}`,
  ]) {
    it(`is not ${JSON.stringify(text.slice(0, 50))}`, () => {
      assert.equal(parseSpiffeId(text), undefined);
    });
  }

  it("must have a trust domain that SPIFFE and Istio both accept", () => {
    for (const domain of ["cluster.local", "b", "b-1.example.com"])
      assert.equal(TRUST_DOMAIN.test(domain), true);
    for (const domain of ["", "a_b", "A.b", "a..b", "spiffe://a", "a/b", "a."])
      assert.equal(TRUST_DOMAIN.test(domain), false);
  });
});
