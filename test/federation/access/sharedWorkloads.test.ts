import assert from "node:assert/strict";
import fc from "fast-check";
import { mayShareWorkloads, sharedWorkloadIndex } from "../../../federation/access/sharedWorkloads.ts";

const selector = () =>
  fc.dictionary(fc.constantFrom("app", "tier", "v"), fc.constantFrom("1", "2"), { maxKeys: 3 });

describe("The index of Services that share workloads", () => {
  it("finds each of them once, and no others", () => {
    fc.assert(
      fc.property(fc.array(selector(), { maxLength: 12 }), selector(), (selectors, own) => {
        const services = selectors.map((each, name) => ({ namespace: "x", name, selector: each }));
        const one = { namespace: "x", selector: own };
        const found = sharedWorkloadIndex(services, (members) => members.map(({ name }) => name))(one).flat();
        const expected = services.filter((other) => mayShareWorkloads(one, other)).map(({ name }) => name);
        assert.deepEqual(
          found.sort((a, b) => a - b),
          expected,
        );
      }),
      { numRuns: 1000 },
    );
  });
});
