import assert from "node:assert/strict";
import { renderGlobalBlock } from "../../federation/topology/globalBlock.ts";
import { ELSEWHERE, coreDnsWith, failureOf } from "./coreDnsWith.ts";

describe("CoreDNS with the block for global names", () => {
  const resolver = coreDnsWith((port, root) => renderGlobalBlock("10.96.0.77", port, root));

  it("leads global names to the one address, and to no address of the other family", async () => {
    assert.deepEqual(await resolver.resolve4("httpbin.bar.global"), ["10.96.0.77"]);
    assert.equal(await failureOf(resolver.resolve6("httpbin.bar.global")), "ENODATA");
    assert.equal(await failureOf(resolver.resolveTxt("httpbin.bar.global")), "ENODATA");
  });

  it("sends other names below the domain on, as the block around does", async () => {
    assert.deepEqual(await resolver.resolve4(ELSEWHERE), ["192.0.2.7"]);
    assert.notEqual(await failureOf(resolver.resolve4("bar.global")), "an answer");
  });

  it("answers for the rest of its Corefile as before", async () => {
    assert.deepEqual(await resolver.resolve4("plain.example"), ["192.0.2.9"]);
  });
});
