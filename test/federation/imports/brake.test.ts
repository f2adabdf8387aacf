import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_BRAKE, REMOVAL_TOKEN, brakes, removalToken } from "../../../federation/imports/brake.ts";

const services = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, ""]));

describe("The brake on removals", () => {
  const cases: [string, number, number, boolean][] = [
    ["allows the removal of twenty services, though nearly all", 21, 1, false],
    ["refuses the removal of twenty-one that are more than half", 40, 19, true],
    ["allows the removal of half of a thousand", 1000, 500, false],
    ["refuses the removal of more than half of a thousand", 1000, 499, true],
    ["allows any number of additions", 1, 1000, false],
  ];
  for (const [what, before, after, held] of cases) {
    it(`${what} by default`, () => {
      const reason = brakes(DEFAULT_BRAKE, "cluster-b", services(before), services(after), undefined);
      assert.equal(reason !== undefined, held, reason);
    });
  }

  it("reports the count, the first hosts, the limits and how to accept exactly this removal", () => {
    const reason = brakes(DEFAULT_BRAKE, "cluster-b", services(100), services(10), undefined) ?? "";
    assert.match(reason, /^would lose 90 of 100 services at once \(s10, s11, s12 and 87 more\)/);
    assert.match(reason, /more than 20 and more than 50 %/);
    const token = removalToken(services(100), services(10));
    assert.ok(
      reason.includes(`pulumi config set --path 'istio-federation:peers.cluster-b.acceptRemoval' ${token}`),
    );
    assert.equal(brakes(DEFAULT_BRAKE, "cluster-b", services(100), services(10), token), undefined);
  });

  it("has a distinct token for each removal, whatever the order", () => {
    const maps = fc.dictionary(fc.string({ maxLength: 2 }), fc.constant(""));
    fc.assert(
      fc.property(maps, maps, maps, (before, after, other) => {
        const token = removalToken(before, after);
        assert.ok(REMOVAL_TOKEN.test(token), token);
        const reversed = Object.fromEntries(Object.entries(before).reverse());
        assert.equal(removalToken(reversed, after), token);
        const same = JSON.stringify(Object.keys(other).sort()) === JSON.stringify(Object.keys(after).sort());
        assert.equal(removalToken(before, other) === token, same);
      }),
    );
  });
});
