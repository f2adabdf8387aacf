import assert from "node:assert/strict";
import { parseCounts } from "../../../lab/bench/bench.ts";

describe("the benchmark's numbers of services", () => {
  it("come out ascending, each once", () => {
    assert.deepEqual(parseCounts("1000,100,1000"), [100, 1000]);
    assert.deepEqual(parseCounts("10000"), [10_000]);
  });

  for (const text of ["", "0", "-1", "1.5", "many", "100,", "100001"]) {
    it(`are refused when they are ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseCounts(text), /whole numbers from 1 to 100000/);
    });
  }
});
