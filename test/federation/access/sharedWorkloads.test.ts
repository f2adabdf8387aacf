import assert from "node:assert/strict";
import fc from "fast-check";
import { mayShareWorkloads, sharedWorkloadIndex } from "../../../federation/access/sharedWorkloads.ts";
import type { Offer } from "../../../federation/exports/offer.ts";
import { barOffer, mesh, decidePolicies } from "./callersFixture.ts";

const randomSelector = () =>
  fc.dictionary(fc.constantFrom("app", "tier", "v"), fc.constantFrom("1", "2"), { maxKeys: 3 });

describe("The index of Services that share workloads", () => {
  it("finds each of them once, and no others", () => {
    fc.assert(
      fc.property(fc.array(randomSelector(), { maxLength: 12 }), randomSelector(), (selectors, own) => {
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

describe("AuthorizationPolicies of one namespace", () => {
  const ways: [string, (index: number) => Record<string, string>][] = [
    ["each with workloads of its own", (index) => ({ app: `s-${index}` })],
    ["all with the same workloads", () => ({ app: "bar" })],
    ["any two with some workload", (index) => ({ [index % 2 === 0 ? "app" : "tier"]: `s-${index}` })],
  ];
  for (const [way, selector] of ways) {
    it(`take linear time: ten times as many Services, ${way}`, () => {
      const [few, many] = [1_000, 10_000].map((size) => secondsFor(size, selector));
      // Pairs of all with all would take a hundred times as long.
      assert.ok((many ?? 0) < 40 * (few ?? 0), `${few} s for a tenth, ${many} s for all`);
    });
  }
});

/** CPU time of the fastest of three runs. */
function secondsFor(size: number, selector: (index: number) => Record<string, string>): number {
  const services = Array.from({ length: size }, (_, index): Offer =>
    barOffer({ callers: [{ namespaces: ["client"] }] }, { name: `s-${index}`, selector: selector(index) }),
  );
  const runs = [1, 2, 3].map(() => {
    const begin = process.cpuUsage();
    assert.equal(decidePolicies(services, mesh).policies.length, size);
    return process.cpuUsage(begin).user / 1e6;
  });
  return Math.min(...runs);
}
