import "reflect-metadata";
import assert from "node:assert/strict";
import { X509Certificate, createHash, randomBytes } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { issueAnchors } from "../../../federation/trust/issueAnchors.ts";
import { anchorInputs } from "../../providers/support/authorityInputs.ts";
import { type AuthorityOptions, type KeyKind, TestAuthority } from "../../support/testAuthority.ts";

const KINDS: [own: KeyKind, peer: KeyKind, signature: object][] = [
  ["P-256", "P-256", { name: "ECDSA", hash: { name: "SHA-256" } }],
  ["P-256", "RSA", { name: "ECDSA", hash: { name: "SHA-256" } }],
  ["RSA", "P-256", { name: "RSASSA-PKCS1-v1_5", hash: { name: "SHA-256" } }],
  ["RSA", "RSA", { name: "RSASSA-PKCS1-v1_5", hash: { name: "SHA-256" } }],
  ["P-384", "P-521", { name: "ECDSA", hash: { name: "SHA-384" } }],
  ["P-521", "P-384", { name: "ECDSA", hash: { name: "SHA-512" } }],
];

function anchorOf(own: TestAuthority, peer: TestAuthority): x509.X509Certificate {
  const { certificates } = issueAnchors(anchorInputs(own, peer), undefined, new Date(), randomBytes);
  assert.equal(certificates.length, 1);
  return new x509.X509Certificate(certificates[0]!);
}

for (const [ownKind, peerKind, signature] of KINDS) {
  it(`A root with a ${ownKind} key issues the anchor of a peer's root with a ${peerKind} key`, async () => {
    const own = await TestAuthority.root("O=a.local, CN=Root CA", { kind: ownKind });
    const peer = await TestAuthority.root("O=b.local, CN=Root CA", { kind: peerKind });
    const anchor = anchorOf(own, peer);
    assert.deepEqual(subject(anchor), subject(peer.certificate));
    assert.equal(hex(anchor.publicKey.rawData), hex(peer.certificate.publicKey.rawData));
    assert.equal(hex(anchor.issuerName.toArrayBuffer()), hex(own.certificate.subjectName.toArrayBuffer()));
    assert.ok(await anchor.verify({ publicKey: own.certificate.publicKey, signatureOnly: true }));
    assert.deepEqual({ ...anchor.signatureAlgorithm }, signature);
  });
}

describe("A trust anchor", () => {
  const notBefore = new Date("2026-02-03T04:05:06Z");
  const notAfter = new Date("2051-02-03T04:05:06Z");
  let own: TestAuthority;
  let anchor: x509.X509Certificate;

  async function anchorFor(options: AuthorityOptions, name = "O=b.local"): Promise<x509.X509Certificate> {
    return anchorOf(own, await TestAuthority.root(name, { notAfter, ...options }));
  }

  before(async () => {
    own = await TestAuthority.root("O=a.local", { notBefore, notAfter });
    anchor = await anchorFor({ notBefore: new Date("2025-01-01T00:00:00Z") });
  });

  it("is a CA for certificates and revocation lists, in critical extensions", () => {
    const { ca, critical, pathLength } = anchor.getExtension(x509.BasicConstraintsExtension)!;
    assert.deepEqual({ ca, critical, pathLength }, { ca: true, critical: true, pathLength: undefined });
    const uses = anchor.getExtension(x509.KeyUsagesExtension)!;
    assert.ok(uses.critical);
    assert.equal(uses.usages, x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign);
  });

  it("has the path length of the peer's root", async () => {
    for (const pathLength of [0, 1, 200]) {
      const { pathLength: copied } = (await anchorFor({ pathLength })).getExtension(
        x509.BasicConstraintsExtension,
      )!;
      assert.equal(copied, pathLength);
    }
  });

  it("permits one trust domain and excludes all names of other kinds, in a critical extension", () => {
    const constraints = anchor.getExtension("2.5.29.30")!;
    assert.ok(constraints.critical);
    const parts = [
      "3047",
      "a00b 3009 8607 622e6c6f63616c", // Permitted: URI b.local.
      "a138 3002 8200", // Excluded: DNS "",
      `300a 8708 ${"00".repeat(8)}`, // IP 0.0.0.0/0,
      `3022 8720 ${"00".repeat(32)}`, // IP ::/0,
      "3002 8100", // E-mail "".
    ];
    assert.equal(hex(constraints.value), parts.join("").replaceAll(" ", ""));
  });

  it("is valid while both roots are, to the second, also beyond 2049", () => {
    assert.deepEqual([anchor.notBefore, anchor.notAfter], [notBefore, notAfter]);
  });

  it("has the roots' key identifiers, or SHA-1 of their keys", async () => {
    const identifiers = ({ certificate }: TestAuthority, made: x509.X509Certificate): void => {
      const digest = createHash("sha1").update(keyBits(made)).digest("hex");
      assert.equal(made.getExtension(x509.SubjectKeyIdentifierExtension)!.keyId, digest);
      const issuer = createHash("sha1").update(keyBits(certificate)).digest("hex");
      assert.equal(made.getExtension(x509.AuthorityKeyIdentifierExtension)!.keyId, issuer);
    };
    identifiers(own, anchor);
    const unidentified = await TestAuthority.root("O=a.local", { unidentified: true });
    identifiers(
      unidentified,
      anchorOf(unidentified, await TestAuthority.root("O=b", { unidentified: true })),
    );
  });

  it("keeps a key identifier that is not a hash of the key", async () => {
    const identifier = "0102030405";
    const made = await anchorFor({ identifier });
    assert.equal(made.getExtension(x509.SubjectKeyIdentifierExtension)!.keyId, identifier);
  });

  it("has no other extensions", () => {
    const found = Array.from(anchor.extensions, ({ type }) => type).sort();
    assert.deepEqual(found, ["2.5.29.14", "2.5.29.15", "2.5.29.19", "2.5.29.30", "2.5.29.35"]);
  });

  it("has a random positive serial number of up to 159 bits", async () => {
    const peer = await TestAuthority.root("O=b.local", { notAfter });
    const serials = Array.from({ length: 50 }, () => BigInt(`0x${anchorOf(own, peer).serialNumber}`));
    assert.equal(new Set(serials).size, 50);
    for (const serial of serials) assert.ok(serial > 0n && serial < 1n << 159n, serial.toString(16));
    assert.ok(serials.some((serial) => serial >= 1n << 150n));
  });

  it("is refused for a root that is not DER", async () => {
    const [outer, inner] = ["3082", "3083"].map((text) => Buffer.from(text, "hex"));
    const der = Buffer.from((await TestAuthority.root("O=b.local", { notAfter })).certificate.rawData);
    // The length of what is signed, in a byte more than it needs.
    const content = [inner!, Buffer.from([0]), der.subarray(6)];
    const length = Buffer.alloc(2);
    length.writeUInt16BE(der.readUInt16BE(2) + 1);
    const pem = new X509Certificate(Buffer.concat([outer!, length, ...content])).toString();
    const inputs = { ...anchorInputs(own), rootCertificates: [pem] };
    assert.throws(
      () => issueAnchors(inputs, undefined, new Date(), randomBytes),
      /the peer's root .* is not encoded in DER/,
    );
  });

  it("keeps the subject of the peer's root byte for byte, in any string type", async () => {
    const peer = await TestAuthority.root('C=DE, O=Bär & Söhne, CN="b  Root, CA"', { notAfter });
    assert.equal(subject(anchorOf(own, peer)), subject(peer.certificate));
  });
});

function subject(certificate: x509.X509Certificate): string {
  return hex(certificate.subjectName.toArrayBuffer());
}

function hex(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString("hex");
}

/** The uncompressed point at the end of the SubjectPublicKeyInfo of a P-256 key. */
function keyBits({ publicKey }: x509.X509Certificate): Buffer {
  return Buffer.from(publicKey.rawData).subarray(-65);
}
