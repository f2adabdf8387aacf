import assert from "node:assert/strict";
import fc from "fast-check";
import { changeBetween } from "../../../federation/core/order.ts";
import { describeChange } from "../../../federation/core/text.ts";

describe("A change of services", () => {
  const cases: [string, Record<string, string>, Record<string, string>, string][] = [
    ["is empty between equals", { a: "1" }, { a: "1" }, ""],
    ["lists additions", {}, { a: "1" }, "adds 1 service (a)"],
    ["lists changes", { a: "1", b: "1" }, { a: "2", b: "2" }, "changes 2 services (a, b)"],
    ["lists removals", { a: "1" }, {}, "removes 1 service (a)"],
    [
      "lists additions, changes and removals in one line",
      { changed: "1", gone: "1" },
      { changed: "2", fresh: "1" },
      "adds 1 service (fresh), changes 1 (changed), removes 1 (gone)",
    ],
    [
      "lists three hosts at most, in order, and counts the rest",
      {},
      { e: "", d: "", c: "", b: "", a: "" },
      "adds 5 services (a, b, c and 2 more)",
    ],
    [
      "lists hosts named like an object's properties",
      {},
      { constructor: "1" },
      "adds 1 service (constructor)",
    ],
  ];
  for (const [what, before, after, words] of cases) {
    it(what, () => {
      assert.equal(describeChange(changeBetween(before, after)), words);
    });
  }

  it("is one short line for 10,000 additions", () => {
    const services = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`s${index}`, ""]));
    assert.equal(
      describeChange(changeBetween({}, services)),
      "adds 10,000 services (s0, s1, s10 and 9,997 more)",
    );
  });

  it("lists each differing host exactly once", () => {
    const services = fc.dictionary(fc.string({ maxLength: 2 }), fc.constantFrom("1", "2"));
    fc.assert(
      fc.property(services, services, (before, after) => {
        const { added, changed, removed } = changeBetween(before, after);
        const listed = [...added, ...changed, ...removed];
        const hosts = new Set([...Object.keys(before), ...Object.keys(after)]);
        const own = (map: Record<string, string>, host: string) =>
          Object.hasOwn(map, host) ? map[host] : undefined;
        const differing = [...hosts].filter((host) => own(before, host) !== own(after, host));
        assert.deepEqual(listed.sort(), differing.sort());
      }),
    );
  });
});
