import assert from "node:assert/strict";
import fc from "fast-check";
import {
  renewalNotes,
  hasExpired,
  isCredentialDue,
  isCredentialLate,
  shortLifeWarnings,
  replacedCredentialWarnings,
} from "../../../federation/mesh/credential.ts";

const life = { issued: "2026-11-01T00:00:00Z", expires: "2026-12-01T00:00:00Z" };

describe("The lifetime of a token", () => {
  const moments: [string, boolean, boolean, boolean][] = [
    ["2026-11-15T23:59:59Z", false, false, false],
    ["2026-11-16T00:00:00Z", true, false, false],
    ["2026-11-23T12:00:00Z", true, true, false],
    ["2026-12-01T00:00:00Z", true, true, true],
  ];
  for (const [moment, due, late, ended] of moments) {
    it(`is ${due ? "" : "not yet "}half over on ${moment}`, () => {
      const now = new Date(moment);
      assert.deepEqual(
        [isCredentialDue(life, now), isCredentialLate(life, now), hasExpired(life, now)],
        [due, late, ended],
      );
    });
  }

  it("without expiry is never over", () => {
    const endless = { issued: life.issued };
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (now) => {
        assert.deepEqual(
          [isCredentialDue(endless, now), isCredentialLate(endless, now), hasExpired(endless, now)],
          [false, false, false],
        );
      }),
    );
  });

  it("is due, then late, then expired", () => {
    fc.assert(
      fc.property(fc.nat(1e10), fc.nat(1e10), fc.nat(3e10), (start, length, later) => {
        const any = {
          issued: new Date(start).toISOString(),
          expires: new Date(start + length).toISOString(),
        };
        const now = new Date(later);
        assert.ok(!hasExpired(any, now) || isCredentialLate(any, now));
        assert.ok(!isCredentialLate(any, now) || isCredentialDue(any, now));
      }),
    );
  });

  it("causes a note when an update renews the token", () => {
    assert.deepEqual(renewalNotes({ b: life }, new Date("2026-11-10T00:00:00Z")), []);
    assert.deepEqual(renewalNotes({ b: life }, new Date("2026-11-20T00:00:00Z")), [
      "The credential of peer b for this cluster expires on 2026-12-01T00:00:00Z: this update renews it; then its team is to run `pulumi up` on its stack",
    ]);
  });

  it("causes a warning when the API server grants much less than requested, with the renewal interval", () => {
    const given = (hours: number) => ({
      issued: "2026-11-01T00:00:01Z",
      expires: new Date(Date.parse("2026-11-01T00:00:00Z") + hours * 3_600_000).toISOString(),
    });
    assert.deepEqual(
      shortLifeWarnings({ b: { ...given(720), hours: 720 }, c: given(24), d: { issued: "x" } }),
      [],
    );
    assert.match(
      shortLifeWarnings({ b: { ...given(24), hours: 720 } }).join(),
      /gives the credential of peer b 24 h, not the 720 h .*at least every 12 h/,
    );
    assert.match(shortLifeWarnings({ b: { ...given(1), hours: 720 } }).join(), /b 1 h, .* every 0\.5 h/);
  });

  it("causes a note when an update revokes a token without expiry", () => {
    const peers = { b: { stack: "acme/mesh/b" }, c: { stack: "c" }, d: { stack: "d" } };
    const lives = { b: { issued: life.issued }, c: life, gone: { issued: life.issued } };
    assert.deepEqual(replacedCredentialWarnings(lives, peers, true), []);
    const [only, ...others] = replacedCredentialWarnings(lives, peers, false);
    assert.deepEqual(others, []);
    assert.match(
      only ?? "",
      /replaces peer b's credential without expiry .*`pulumi up` on stack acme\/mesh\/b; have it do so at once/,
    );
  });
});
