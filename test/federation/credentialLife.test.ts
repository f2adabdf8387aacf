import assert from "node:assert/strict";
import fc from "fast-check";
import { describeRenewals, hasEnded, isDue, isLate } from "../../federation/credentialLife.ts";

const life = { issued: "2026-11-01T00:00:00Z", expires: "2026-12-01T00:00:00Z" };

describe("The life of a credential", () => {
  const moments: [string, boolean, boolean, boolean][] = [
    ["2026-11-15T23:59:59Z", false, false, false],
    ["2026-11-16T00:00:00Z", true, false, false],
    ["2026-11-23T12:00:00Z", true, true, false],
    ["2026-12-01T00:00:00Z", true, true, true],
  ];
  for (const [moment, due, late, ended] of moments) {
    it(`on ${moment} is ${due ? "" : "not yet "}half over`, () => {
      const now = new Date(moment);
      assert.deepEqual([isDue(life, now), isLate(life, now), hasEnded(life, now)], [due, late, ended]);
    });
  }

  it("without an end is never over", () => {
    const endless = { issued: life.issued };
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (now) => {
        assert.deepEqual(
          [isDue(endless, now), isLate(endless, now), hasEnded(endless, now)],
          [false, false, false],
        );
      }),
    );
  });

  it("goes due, late, ended, in this order", () => {
    fc.assert(
      fc.property(fc.nat(1e10), fc.nat(1e10), fc.nat(3e10), (start, length, later) => {
        const any = {
          issued: new Date(start).toISOString(),
          expires: new Date(start + length).toISOString(),
        };
        const now = new Date(later);
        assert.ok(!hasEnded(any, now) || isLate(any, now));
        assert.ok(!isLate(any, now) || isDue(any, now));
      }),
    );
  });

  it("is told when an update renews it", () => {
    assert.deepEqual(describeRenewals({ b: life }, new Date("2026-11-10T00:00:00Z")), []);
    assert.deepEqual(describeRenewals({ b: life }, new Date("2026-11-20T00:00:00Z")), [
      "The credential of peer b for this cluster ends on 2026-12-01T00:00:00Z: this update renews it; then its team is to run `pulumi up` on its stack",
    ]);
  });
});
