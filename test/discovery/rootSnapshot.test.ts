import assert from "node:assert/strict";
import { readRootSnapshot } from "../../discovery/stacks.ts";
import { validRootConfig } from "../federation/samples.ts";
import { OWN_STACK, faultsOf, valueOf, withStacks } from "./support.ts";

const config = validRootConfig(
  {
    rootAuthority: {
      clusters: { a: { stack: "o/p/a", trustDomain: "a.local" }, b: { stack: "b", trustDomain: "b.local" } },
    },
  },
  "root-ca",
);
const STACK_B = "organization/istio-federation/b";

describe("readRootSnapshot", () => {
  it("reads the outputs of the root's stack and each cluster's request, each stack once", async () => {
    const own = { certificateRequests: { b: "PEM" } };
    const asked = await withStacks({ [OWN_STACK]: own, "o/p/a": { certificateRequest: "PEM" } });
    const { outputs, requests, now } = await readRootSnapshot(config);
    assert.deepEqual(valueOf(outputs), own);
    assert.deepEqual(requests["a"], { value: { request: "PEM", kind: "keys" } });
    assert.match(JSON.stringify(requests["b"]), /stack organization\/istio-federation\/b does not exist/);
    assert.ok(Math.abs(Date.now() - now.getTime()) < 60_000);
    assert.deepEqual(asked.stacks.sort(), [OWN_STACK, STACK_B, "o/p/a"].sort());
  });

  it("reports each stack that cannot be read", async () => {
    await withStacks({
      [OWN_STACK]: new Error("incorrect passphrase"),
      "o/p/a": new Error("permission denied"),
      [STACK_B]: new Error("permission denied"),
    });
    const { outputs, requests } = await readRootSnapshot(config);
    assert.deepEqual(
      [outputs, ...Object.values(requests)].flatMap((reading) => faultsOf(reading).map(({ path }) => path)),
      ["stack", "rootAuthority.clusters.a.stack", "rootAuthority.clusters.b.stack"],
    );
  });
});
