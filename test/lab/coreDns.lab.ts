import assert from "node:assert/strict";
import { renderImportsStub } from "../../federation/corefile/importsStub.ts";
import { renderStub } from "../../federation/corefile/stub.ts";
import { ELSEWHERE, coreDnsWith, failureOf } from "./coreDnsWith.ts";

describe("CoreDNS with the block for global names", () => {
  const resolver = coreDnsWith((port, around) => renderStub("10.96.0.77", port, around("global")));

  it("leads global names to the one address, and to no address of the other family", async () => {
    assert.deepEqual(await resolver.resolve4("httpbin.bar.global"), ["10.96.0.77"]);
    assert.equal(await failureOf(resolver.resolve6("httpbin.bar.global")), "ENODATA");
    assert.equal(await failureOf(resolver.resolveTxt("httpbin.bar.global")), "ENODATA");
  });

  it("sends other names below the domain on, as the block around does", async () => {
    for (const name of ["bar.global", "x.httpbin.bar.global"]) {
      assert.notEqual((await resolver.resolve4(name).catch(() => []))[0], "10.96.0.77", name);
    }
  });

  it("answers for the rest of its Corefile as before", async () => {
    assert.deepEqual(await resolver.resolve4("plain.example"), ["192.0.2.9"]);
  });
});

describe("CoreDNS with the blocks for imported names", () => {
  const names = {
    "bar.xyz.svc.cluster-b.mesh": "240.241.27.93",
    "foo.xyz.svc.cluster-b.mesh": "240.241.3.1",
  };
  const zones = [
    { name: "pay.example.org", addresses: { "pay.example.org": "240.241.0.4" } },
    { name: "svc.cluster-b.mesh", addresses: names },
  ];
  const resolver = coreDnsWith((port, around) => renderImportsStub(zones, port, around));

  it("leads each to its address, and to no address of the other family", async () => {
    for (const [name, address] of Object.entries({ ...names, "pay.example.org": "240.241.0.4" })) {
      assert.deepEqual(await resolver.resolve4(name, { ttl: true }), [{ address, ttl: 30 }]);
      assert.equal(await failureOf(resolver.resolve6(name)), "ENODATA");
      assert.equal(await failureOf(resolver.resolveTxt(name)), "ENODATA");
    }
  });

  it("sends other names in their zones on as the block around does", async () => {
    assert.deepEqual(await resolver.resolve4(ELSEWHERE), ["192.0.2.7"]);
  });

  it("answers for no other name, nor for the mark in its blocks", async () => {
    for (const name of ["baz.xyz.svc.cluster-b.mesh", "imports.istio-federation.invalid"])
      assert.notEqual(await failureOf(resolver.resolve4(name)), "an answer");
  });

  it("answers for the rest of its Corefile as before", async () => {
    assert.deepEqual(await resolver.resolve4("plain.example"), ["192.0.2.9"]);
  });
});
