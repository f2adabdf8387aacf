import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import {
  ADDRESS,
  CIDR,
  canonicalAddress,
  formatGateway,
  refuseAddress,
} from "../../../federation/core/address.ts";

describe("A gateway's address", () => {
  for (const address of [
    "203.0.113.10",
    "8.8.8.8",
    "10.1.2.3",
    "192.168.0.1",
    "100.64.0.1",
    "2001:db8::1",
    "2606:4700::1111",
    "fd00::1",
    "3fff::1",
    // Reserved, and used as private ranges.
    "240.10.0.4",
    "255.255.255.254",
    "198.18.4.4",
    "::ffff:240.10.0.4",
    "gw.example.com",
    "xn--mnchen-3ya.example",
    "gw.internal",
  ]) {
    it(`may be ${address}`, () => {
      assert.equal(refuseAddress(address, []), undefined);
    });
  }

  for (const address of [
    "127.0.0.1",
    "127.255.0.1",
    "0.0.0.0",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "240.240.0.1",
    "::",
    "::1",
    "fe80::1",
    "ff02::1",
    "240.240.255.255",
    "::ffff:240.240.0.1",
    "2001:2::1",
    "192.0.0.192",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
    "::ffff:100.100.100.200",
    "fec0::1",
    "100::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "localhost",
    "x.localhost",
    "localhost.localdomain",
    "kubernetes",
    "kubernetes.default.svc",
    "metadata.google.internal",
    "instance-data.ec2.internal",
    "metadata.goog",
  ]) {
    it(`may not be ${address}`, () => {
      assert.notEqual(refuseAddress(address, []), undefined);
    });
  }

  it("may be in a refused range only if the config allows it", () => {
    assert.equal(refuseAddress("127.20.0.3", ["127.20.0.0/16"]), undefined);
    assert.equal(refuseAddress("::ffff:127.20.0.3", ["127.20.0.0/16"]), undefined);
    assert.notEqual(refuseAddress("127.21.0.3", ["127.20.0.0/16"]), undefined);
    assert.notEqual(refuseAddress("::1", ["127.0.0.0/8"]), undefined);
    assert.equal(refuseAddress("::1", ["::1/128"]), undefined);
    for (const range of ["0.0.0.0/0", "169.254.0.0/16", "169.254.169.254/31"])
      assert.match(refuseAddress("169.254.169.254", [range]) ?? "", /metadata service/);
    assert.equal(refuseAddress("100.100.100.200", ["100.100.100.200/32"]), undefined);
  });

  it("must be unambiguously an IP address or a DNS name", () => {
    for (const text of ["1.2.3.4", "::1", "gw.example.com"]) assert.equal(ADDRESS.test(text), true, text);
    for (const text of [
      "127.1",
      "0x7f.1",
      "0x7f000001",
      "017700000001",
      "1.2.3.04",
      "[::1]",
      "fe80::1%eth0",
      "a:1",
      "",
      "*.example.com",
      "my_lb.example.com",
      "münchen.example",
      "-a.example",
      "a..example",
    ]) {
      assert.equal(ADDRESS.test(text), false, text);
    }
  });

  it("has a canonical form", () => {
    assert.equal(canonicalAddress("2001:DB8:0:0::1"), "2001:db8::1");
    assert.equal(canonicalAddress("::ffff:1.2.3.4"), "1.2.3.4");
    assert.equal(canonicalAddress("My-LB.Example.com."), "my-lb.example.com");
    assert.equal(canonicalAddress("not an address"), "not an address");
    // In Unicode's lower case it would be a `k`, and the address another.
    assert.equal(canonicalAddress("\u212a8s.example.com"), "\u212a8s.example.com");
  });

  it("is formatted with its port", () => {
    assert.equal(formatGateway({ address: "2001:db8::1", port: 15443 }), "[2001:db8::1]:15443");
    assert.equal(formatGateway({ address: "1.2.3.4", port: 1, locality: "eu/a" }), "1.2.3.4:1 in eu/a");
  });

  it("is validated without an exception, whatever the text", () => {
    const text = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), fc.domain());
    fc.assert(
      fc.property(text, (address) => {
        const canonical = canonicalAddress(address);
        assert.equal(canonicalAddress(canonical), canonical);
        if (ADDRESS.test(canonical)) refuseAddress(canonical, ["127.0.0.0/8"]);
        CIDR.test(address);
      }),
      { numRuns: 1000 },
    );
  });
});
