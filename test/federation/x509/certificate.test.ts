import assert from "node:assert/strict";
import { FINGERPRINT, canonicalFingerprint, fingerprintOf } from "../../../federation/x509/certificate.ts";
import { ROOT_A } from "../samples.ts";

describe("A certificate's fingerprint", () => {
  const printed = fingerprintOf(ROOT_A);

  it("has the form that openssl prints", () => {
    assert.match(printed, /^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
  });

  for (const [how, text] of [
    ["with colons", printed],
    ["in lower case", printed.toLowerCase()],
    ["without colons", printed.replaceAll(":", "")],
  ] as const) {
    it(`is accepted ${how}`, () => {
      assert.ok(FINGERPRINT.test(text));
      assert.equal(canonicalFingerprint(text), printed);
    });
  }

  for (const text of [
    "",
    printed.slice(3),
    `${printed}:00`,
    `sha256:${printed}`,
    printed.replace("A", "G"),
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.ok(!FINGERPRINT.test(text));
    });
  }
});
