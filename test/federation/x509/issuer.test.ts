import "reflect-metadata";
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { Name } from "@peculiar/x509";
import { SERIAL_BYTES, issueAnchor, parseIssuer } from "../../../federation/x509/issuer.ts";
import { constrainNames } from "../../../federation/x509/nameConstraints.ts";
import { TestAuthority } from "../../support/testAuthority.ts";

const NOW = new Date();
const RANDOM = Buffer.alloc(SERIAL_BYTES, 0xff);

/** Certificate that an authority of this subject signs itself. */
async function rootOf(name: Name): Promise<X509Certificate> {
  return new X509Certificate((await TestAuthority.root(name)).pem);
}

/** Certificate with other bytes in its subject; nobody verifies its signature here. */
function patch({ raw }: X509Certificate, bytes: string, others: string): X509Certificate {
  return new X509Certificate(Buffer.from(raw.toString("latin1").replaceAll(bytes, others), "latin1"));
}

describe("A root that issues trust anchors", () => {
  let own: TestAuthority;

  before(async () => {
    own = await TestAuthority.root("O=a.local, CN=Root CA", { kind: "RSA" });
  });

  const issue = (root: X509Certificate): string =>
    issueAnchor(
      root,
      parseIssuer(new X509Certificate(own.pem), own.keyPem()),
      constrainNames("b.local"),
      NOW,
      RANDOM,
    );

  it("issues the same certificate for the same root, time and serial number", async () => {
    const root = await rootOf(new Name([{ O: [{ utf8String: "b.local" }] }]));
    assert.equal(issue(root), issue(root));
    assert.equal(new X509Certificate(issue(root)).serialNumber, `7F${"FF".repeat(SERIAL_BYTES - 1)}`);
  });

  for (const value of [
    { utf8String: "Bär & Söhne 𝒜" },
    { printableString: "b.local" },
    { ia5String: "b@b.local" },
    { bmpString: "Bär" },
    { universalString: "Bär" },
  ]) {
    it(`copies the bytes of a subject in ${Object.keys(value).join()}`, async () => {
      const root = await rootOf(new Name([{ C: [{ printableString: "DE" }] }, { O: [value] }]));
      assert.equal(subjectOf(new X509Certificate(issue(root))), subjectOf(root));
    });
  }

  it("copies the bytes of a subject in teletexString", async () => {
    const printable = await rootOf(new Name([{ O: [{ printableString: "b.local" }] }]));
    const root = patch(printable, "\u0013\u0007b.local", "\u0014\u0007b\u00e4local");
    assert.equal(subjectOf(new X509Certificate(issue(root))), subjectOf(root));
  });

  it("refuses a root whose subject cannot be copied byte for byte", async () => {
    // The letter 𝒜, which has four bytes in UTF-8 and UTF-16.
    const root = patch(
      await rootOf(new Name([{ O: [{ universalString: "b.local" }] }])),
      "\0\0\0b",
      "\0\u0001\u00d4\u009c",
    );
    assert.throws(() => issue(root), /^Error: has a subject that cannot be copied byte for byte/);
  });
});

/** Subject of a certificate, hexadecimal: between the two times of its validity and the algorithm of its P-256 key. */
function subjectOf({ raw }: X509Certificate): string {
  const time = /170d[0-9a-f]{24}5a170d[0-9a-f]{24}5a/;
  return raw.toString("hex").split(time)[1]!.split("3059301306072a8648ce3d0201")[0]!;
}
