import assert from "node:assert/strict";
import { provider } from "../../providers/routePropagation.ts";

const NONE = { targets: [] };
const ONE = { targets: ["a"] };

describe("RoutePropagation", () => {
  it("accepts lists of names, and nothing else", async () => {
    assert.deepEqual((await provider.check({}, ONE)).failures, []);
    const wrong = { targets: [1] } as unknown as typeof ONE;
    assert.equal((await provider.check({}, wrong)).failures[0]?.property, "targets[0]");
  });

  it("changes where targets do, whatever else the state has", async () => {
    const state = { ...ONE, __provider: "text" };
    assert.deepEqual(await provider.diff("id", state, ONE), { changes: false });
    assert.deepEqual(await provider.diff("id", state, NONE), { changes: true });
  });

  it("waits for nothing where no target is new", async () => {
    const start = performance.now();
    assert.deepEqual(await provider.update("id", ONE, NONE), { outs: NONE });
    assert.ok(performance.now() - start < 1_000);
  });
});
