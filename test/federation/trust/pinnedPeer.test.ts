import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { pinnable, readPinnedPeers } from "../../../federation/trust/pinnedPeer.ts";
import { ROOT_B, contractOf } from "../samples.ts";

const anchor = { clusterDomain: "b.local", trustDomain: "b.local", rootCertificates: [ROOT_B] };

describe("The pinned peers of the last update", () => {
  it("are parsed by peer", () => {
    assert.deepEqual(readPinnedPeers({ b: anchor, c: anchor }), { b: anchor, c: anchor });
  });

  it("have a mesh domain if the peer published one", () => {
    const b = { ...anchor, meshDomain: "b.mesh" };
    assert.deepEqual(readPinnedPeers({ b, c: anchor }), { b, c: anchor });
    const { meshDomain } = pinnable(
      contractOf({ meshDomain: "b.mesh" }),
      { digest: "" },
      new Date("2027-01-01"),
    );
    assert.equal(meshDomain, "b.mesh");
    assert.equal(pinnable(contractOf(), { digest: "" }, new Date("2027-01-01")).meshDomain, undefined);
  });

  it("have the further domains that the peer published", () => {
    const b = { ...anchor, domains: ["shop.example"] };
    assert.deepEqual(readPinnedPeers({ b }), { b });
    const now = new Date("2027-01-01");
    assert.deepEqual(pinnable(contractOf({ domains: b.domains }), { digest: "" }, now).domains, b.domains);
    assert.deepEqual(pinnable(contractOf(), { digest: "" }, now).domains, []);
  });

  it("are empty without the output", () => {
    for (const value of [undefined, null, "text", []]) assert.deepEqual(readPinnedPeers(value), {});
  });

  for (const [what, misfit] of [
    ["has no cluster domain", { trustDomain: "b.local", rootCertificates: [ROOT_B] }],
    ["has an invalid domain", { ...anchor, clusterDomain: "B!" }],
    ["has an invalid mesh domain", { ...anchor, meshDomain: "local" }],
    ["has an invalid further domain", { ...anchor, domains: ["local"] }],
    ["has no list of certificates", { ...anchor, rootCertificates: ROOT_B }],
    ["is not a map", "text"],
  ] as const) {
    it(`skip one that ${what}, and keep the others`, () => {
      assert.deepEqual(readPinnedPeers({ b: anchor, c: misfit }), { b: anchor });
    });
  }
});
