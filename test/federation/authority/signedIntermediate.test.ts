import "reflect-metadata";
import assert from "node:assert/strict";
import * as x509 from "@peculiar/x509";
import { isConstrained, nameFaults } from "../../../federation/x509/chain.ts";
import { X509Certificate, randomBytes } from "node:crypto";
import { signRequest } from "../../../federation/authority/signRequest.ts";
import { type KeyKind, TestAuthority } from "../../support/testAuthority.ts";
import { type TestRequest, testRequest } from "../../support/testRequest.ts";
import { signedInputs } from "../../providers/support/authorityInputs.ts";

const NOW = new Date("2026-11-21T12:00:00Z");
const SUBJECT = "O=b.local, CN=Intermediate CA";
const hex = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString("hex");

describe("An intermediate under a shared root", () => {
  let root: TestAuthority;
  let request: TestRequest;
  let certificate: x509.X509Certificate;

  before(async () => {
    const [notBefore, notAfter] = [new Date("2026-01-01T00:00:00Z"), new Date("2036-01-01T00:00:00Z")];
    root = await TestAuthority.root("O=shared, CN=Root CA", { notBefore, notAfter });
    request = await testRequest(SUBJECT, "P-256", [
      new x509.BasicConstraintsExtension(true, 5, true),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "api.a.local" }]),
    ]);
    certificate = sign(root, request);
  });

  function sign(by: TestAuthority, what: TestRequest): x509.X509Certificate {
    return new x509.X509Certificate(
      signRequest(signedInputs(by, what), undefined, NOW, randomBytes).certificate,
    );
  }

  for (const [rootKind, kind] of [
    ["P-256", "RSA"],
    ["RSA", "P-256"],
    ["P-521", "P-384"],
  ] as [KeyKind, KeyKind][]) {
    it(`has the subject and key of the request and is issued by the root (${kind} by ${rootKind})`, async () => {
      const by = await TestAuthority.root("O=shared", {
        kind: rootKind,
        notBefore: new Date("2026-01-01T00:00:00Z"),
        notAfter: new Date("2036-01-01T00:00:00Z"),
      });
      const asked = await testRequest(SUBJECT, kind);
      const signed = sign(by, asked);
      assert.equal(signed.subject, "O=b.local, CN=Intermediate CA");
      assert.equal(hex(signed.publicKey.rawData), asked.publicKey.toString("hex"));
      assert.equal(hex(signed.issuerName.toArrayBuffer()), hex(by.certificate.subjectName.toArrayBuffer()));
      assert.ok(await signed.verify({ publicKey: by.certificate.publicKey, signatureOnly: true }));
    });
  }

  it("is a CA for leaves only, in critical extensions", () => {
    const { ca, critical, pathLength } = certificate.getExtension(x509.BasicConstraintsExtension)!;
    assert.deepEqual({ ca, critical, pathLength }, { ca: true, critical: true, pathLength: 0 });
    const uses = certificate.getExtension(x509.KeyUsagesExtension)!;
    assert.ok(uses.critical);
    assert.equal(uses.usages, x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign);
  });

  it("has no extensions from the request", () => {
    assert.deepEqual(
      [...certificate.extensions].map(({ type }) => type),
      ["2.5.29.19", "2.5.29.15", "2.5.29.30", "2.5.29.14", "2.5.29.35"],
    );
  });

  it("has the key identifiers of its key and the root's", async () => {
    const own = certificate.getExtension(x509.SubjectKeyIdentifierExtension)!;
    assert.equal(own.keyId, hex(await certificate.publicKey.getKeyIdentifier()));
    const issuer = certificate.getExtension(x509.AuthorityKeyIdentifierExtension)!;
    assert.equal(issuer.keyId, hex(await root.certificate.publicKey.getKeyIdentifier()));
  });

  it("permits the cluster's trust domain and istiod's names, in a critical extension", () => {
    assert.equal(certificate.getExtension("2.5.29.30")?.critical, true);
    const { certificate: pem } = signRequest(
      { ...signedInputs(root, request), istiodHosts: ["192.0.2.7", "istiod.b.example", "2001:db8::7"] },
      undefined,
      NOW,
      randomBytes,
    );
    const signed = [new X509Certificate(pem)];
    const hosts = ["istiod.istio-system.svc", "istiod.b.example", "192.0.2.7", "2001:db8::7"];
    const strange = ["istiod.b.svc", "b.example", "192.0.2.8", "2001:db8::8"];
    assert.deepEqual(nameFaults(signed, { trustDomain: "b.local", hosts }), []);
    const refused = nameFaults(signed, { trustDomain: "a.local", hosts: [...hosts, ...strange] });
    assert.deepEqual(
      refused.flatMap((fault) => fault.refused.map(({ text }) => text)),
      ["a.local", ...strange],
    );
    assert.deepEqual([...signed, new X509Certificate(root.pem)].map(isConstrained), [true, false]);
  });

  it("is valid for five years, from an hour ago", () => {
    assert.equal(certificate.notBefore.toISOString(), "2026-11-21T11:00:00.000Z");
    assert.equal(certificate.notAfter.toISOString(), "2031-11-20T12:00:00.000Z");
  });

  it("is valid only while the root is", async () => {
    const [notBefore, notAfter] = [new Date("2026-11-21T11:59:59Z"), new Date("2027-01-01T00:00:00Z")];
    const signed = sign(await TestAuthority.root("O=shared", { notBefore, notAfter }), request);
    assert.deepEqual([signed.notBefore, signed.notAfter], [notBefore, notAfter]);
  });

  it("is refused with the reason when the root is not valid", async () => {
    const over = await TestAuthority.root("O=shared", {
      notBefore: new Date("2016-01-01T00:00:00Z"),
      notAfter: new Date("2026-01-01T00:00:00Z"),
    });
    assert.throws(
      () => sign(over, request),
      /^Error: no certificate for cluster cluster-b: the shared root is valid from 2016-.*, and not now$/,
    );
  });
});
