import "reflect-metadata";
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { Name } from "@peculiar/x509";
import fc from "fast-check";
import { rootFaults } from "../../../federation/x509/root.ts";
import { TestAuthority } from "../../support/testAuthority.ts";

const faultsOf = (pem: string): string[] => rootFaults(new X509Certificate(pem));
const NAME = /has a subject that is empty, very long, or has characters or spaces/;

describe("A root in a trust bundle", () => {
  for (const kind of ["RSA", "P-256", "P-384", "P-521"] as const) {
    it(`accepts a key of kind ${kind}`, async () => {
      assert.deepEqual(faultsOf((await TestAuthority.root("O=b.local, CN=Root CA", { kind })).pem), []);
    });
  }

  it("refuses a key that Envoy does not accept", async () => {
    const { pem } = await TestAuthority.root("O=b.local, CN=Root CA", { kind: "Ed25519" });
    assert.match(faultsOf(pem).join(), /has a key that Envoy does not accept/);
  });

  for (const name of ["O=Example\\, Inc., CN=Root \\+ 1", "C=DE, O=Müller & Söhne, CN=root_ca", "CN=x"]) {
    it(`accepts the subject ${name}`, async () => {
      assert.deepEqual(faultsOf((await TestAuthority.root(name)).pem), []);
    });
  }

  for (const [what, value] of [
    ["a leading blank", " a.local"],
    ["a trailing blank", "a.local "],
    ["two blanks in a row", "a  local"],
    ["a tab", "a\tlocal"],
    ["a line break", "a\nlocal"],
    ["a noncharacter", "a\u{fdd0}local"],
    ["a bidirectional override", "a\u{202e}local"],
  ] as const) {
    it(`refuses a subject with ${what}`, async () => {
      const { pem } = await TestAuthority.root(new Name([{ O: [{ utf8String: value }] }]));
      assert.match(faultsOf(pem).join(), NAME);
    });
  }

  it("refuses a PrintableString with a character outside its alphabet", async () => {
    const { pem } = await TestAuthority.root(new Name([{ O: [{ printableString: "root_ca" }] }]));
    assert.match(faultsOf(pem).join(), /has a subject with characters that its kind of string has not/);
  });

  it("refuses an intermediate", async () => {
    const root = await TestAuthority.root("O=a.local, CN=Root CA");
    const intermediate = await root.intermediate("O=a.local, CN=Intermediate CA");
    assert.deepEqual(faultsOf(intermediate.pem), ["is not signed by its own key, as a root is"]);
  });

  it("refuses a key identifier that is not a hash of its key, and accepts a missing one", async () => {
    const { pem } = await TestAuthority.root("O=b.local", { identifier: "00".repeat(20) });
    assert.ok(faultsOf(pem).includes("has a key identifier that is no hash of its key"));
    assert.deepEqual(faultsOf((await TestAuthority.root("O=b.local", { unidentified: true })).pem), []);
  });

  it("is validated without an exception, whatever its subject", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 40 }), async (value) => {
        const { pem } = await TestAuthority.root(new Name([{ CN: [{ utf8String: value }] }]));
        assert.ok(Array.isArray(faultsOf(pem)));
      }),
      { numRuns: 50 },
    );
  });
});
