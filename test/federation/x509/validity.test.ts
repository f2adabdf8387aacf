import assert from "node:assert/strict";
import fc from "fast-check";
import { type Validity, commonValidity } from "../../../federation/x509/validity.ts";

const moment = fc.date({ min: new Date("1990-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });
const window = fc
  .tuple(moment, moment)
  .map(([one, other]): Validity =>
    one < other ? { notBefore: one, notAfter: other } : { notBefore: other, notAfter: one },
  );

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const OURS = { notBefore: day("2025-01-01"), notAfter: day("2035-01-01") };
const NOW = day("2026-06-01");

const isIn = (time: Date, { notBefore, notAfter }: Validity): boolean =>
  notBefore <= time && time <= notAfter;

describe("The validity of a trust anchor", () => {
  it("is the time in which both roots are valid", () => {
    fc.assert(
      fc.property(window, window, moment, moment, (root, issuer, now, time) => {
        let common: Validity | undefined;
        try {
          common = commonValidity(root, issuer, now);
        } catch (error) {
          assert.match(String(error), /not both any more|never both at once/);
        }
        if (common !== undefined) {
          assert.ok(common.notAfter >= now);
          assert.equal(isIn(time, common), isIn(time, root) && isIn(time, issuer));
        } else if (time >= now) {
          assert.ok(!(isIn(time, root) && isIn(time, issuer)));
        }
      }),
    );
  });

  it("may start in the future", () => {
    const root = { notBefore: day("2027-01-01"), notAfter: day("2040-01-01") };
    const expected = { notBefore: root.notBefore, notAfter: OURS.notAfter };
    assert.deepEqual(commonValidity(root, OURS, NOW), expected);
  });

  it("is refused with both spans when a root has expired, or they do not overlap", () => {
    const old = { notBefore: day("2024-01-01"), notAfter: day("2026-01-01") };
    assert.throws(() => commonValidity(old, OURS, NOW), {
      message:
        "is valid from 2024-01-01T00:00:00.000Z to 2026-01-01T00:00:00.000Z, our own root from " +
        "2025-01-01T00:00:00.000Z to 2035-01-01T00:00:00.000Z: not both any more. Renew the one that ran out",
    });
    const later = { notBefore: day("2036-01-01"), notAfter: day("2046-01-01") };
    assert.throws(() => commonValidity(later, OURS, NOW), /never both at once$/);
  });
});
