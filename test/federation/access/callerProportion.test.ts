import assert from "node:assert/strict";
import type { Offer } from "../../../federation/exports/offer.ts";
import { barOffer, mesh, decidePolicies } from "./callersFixture.ts";

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
