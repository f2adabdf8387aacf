import assert from "node:assert/strict";
import { datesOf, expiryWarnings } from "../../../federation/trust/expiry.ts";
import { fingerprintOf } from "../../../federation/x509/certificate.ts";
import { ROOT_A } from "../samples.ts";

const sha256 = fingerprintOf(ROOT_A);
const until = (notAfter: string) => ({ notBefore: "2026-11-21T00:00:00Z", notAfter, sha256 });
const NOW = new Date("2026-11-21T12:00:00Z");

describe("The validity dates of a certificate", () => {
  it("are parsed in UTC", () => {
    assert.deepEqual(datesOf(ROOT_A), {
      notBefore: "2026-11-01T00:00:00Z",
      notAfter: "2126-11-01T00:00:00Z",
      sha256,
    });
  });
});

describe("The expiry of a certificate", () => {
  it("causes no warning long before the date", () => {
    assert.deepEqual(expiryWarnings({ root: until("2027-02-19T12:00:00Z") }, 90, NOW), []);
  });

  it("causes a warning with the date and a remedy for its kind", () => {
    const certificates = {
      intermediate: until("2026-12-21T12:00:00Z"),
      root: until("2026-11-21T13:00:00Z"),
      "trust anchor of cluster-b": until("2026-11-20T12:00:00Z"),
    };
    assert.deepEqual(expiryWarnings(certificates, 90, NOW), [
      "The intermediate expires on 2026-12-21T12:00:00Z, in 30 day(s). `pulumi up` renews one of this stack's own; another one its issuer has to",
      "The root expires on 2026-11-21T13:00:00Z, in 0 day(s). Rotate it in time, or have it rotated: docs/rotation.md",
      "The trust anchor of cluster-b has expired on 2026-11-20T12:00:00Z. It ends with the peer's root or with ours, whichever is first: see which, and have that one rotated",
    ]);
  });
});
