import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { addressAt, indexOf, parseRange, refuseRange } from "../../../federation/dns/addressRange.ts";

describe("A range of addresses for imported services", () => {
  for (const cidr of ["240.241.0.0/16", "198.18.0.0/15", "10.9.8.0/24", "241.0.0.0/8"]) {
    it(`may be ${cidr}`, () => {
      assert.equal(refuseRange(cidr), undefined);
    });
  }

  for (const [cidr, rule] of [
    ["240.240.128.0/24", /240\.240\.0\.0\/16, from which istiod/],
    ["240.0.0.0/8", /from which istiod/],
    ["127.1.0.0/16", /no service's/],
    ["239.1.0.0/16", /no service's/],
    ["255.255.255.0/24", /no service's/],
    ["10.0.0.0/25", /prefix of 8 to 24/],
    ["0.0.0.0/0", /prefix of 8 to 24/],
    ["fd00::/64", /IPv4/],
    ["240.241.0.0", /CIDR/],
  ] as const) {
    it(`may not be ${cidr}`, () => {
      assert.match(refuseRange(cidr) ?? "", rule);
    });
  }

  it("counts its addresses from the first, whichever of them it is written with", () => {
    const range = parseRange("240.241.77.5/16");
    assert.equal(addressAt(range, 0), "240.241.0.0");
    assert.equal(addressAt(range, 65535), "240.241.255.255");
    assert.equal(indexOf(range, "240.241.1.2"), 258);
    for (const other of ["240.242.0.0", "240.240.255.255", "fd00::1", "1", ""])
      assert.equal(indexOf(range, other), undefined);
  });
});
