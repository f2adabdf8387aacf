import assert from "node:assert/strict";
import { FINGERPRINT, canonicalFingerprint, fingerprintOf } from "../../../federation/x509/fingerprint.ts";
import { ROOT_A } from "../samples.ts";

describe("A fingerprint", () => {
  const printed = fingerprintOf(ROOT_A);

  it("is what openssl prints", () => {
    assert.match(printed, /^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
  });

  for (const [how, text] of [
    ["with colons", printed],
    ["in lower case", printed.toLowerCase()],
    ["without colons", printed.replaceAll(":", "")],
  ] as const) {
    it(`may be written ${how}`, () => {
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
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.ok(!FINGERPRINT.test(text));
    });
  }
});
