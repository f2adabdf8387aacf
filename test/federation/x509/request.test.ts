import "reflect-metadata";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { type KeyObject, createHash, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Name } from "@peculiar/x509";
import fc from "fast-check";
import forge from "node-forge";
import { type DerValue, partsOf } from "../../../federation/x509/der.ts";
import { keyFingerprint, parseRequest, requestFaults } from "../../../federation/x509/request.ts";
import { testRequest } from "../../support/testRequest.ts";

const SUBJECT = "O=b.local, CN=Intermediate CA";

const faultsOf = (pem: string, trustDomain = "b.local"): string[] =>
  requestFaults(parseRequest(pem), trustDomain);

describe("A certificate signing request", () => {
  for (const kind of ["RSA", "P-256", "P-384", "P-521"] as const) {
    it(`is accepted with a key of kind ${kind}`, async () => {
      const { pem, publicKey } = await testRequest(SUBJECT, kind);
      assert.deepEqual(faultsOf(pem), []);
      const digest = createHash("sha256").update(publicKey).digest("hex");
      assert.equal(keyFingerprint(parseRequest(pem)).replaceAll(":", "").toLowerCase(), digest);
    });
  }

  it("is accepted from OpenSSL, which signs with SHA-256 for any key", () => {
    const pem = requestByOpenssl(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey, "-sha256");
    assert.deepEqual(faultsOf(pem), []);
  });

  it("is refused with a key that Envoy does not accept", async () => {
    const { pem } = await testRequest(SUBJECT, "Ed25519");
    assert.throws(() => parseRequest(pem), /^Error: is not signed by its own key, with RSA or ECDSA/);
  });

  it("is refused with a weak key", () => {
    const pem = requestByOpenssl(generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey);
    assert.deepEqual(faultsOf(pem), ["has an RSA key that not all verifiers accept: 2048 to 8192 bits"]);
  });

  for (const name of [
    "O=a.local, CN=Intermediate CA",
    "O=b.local, CN=Root CA",
    "CN=Intermediate CA, O=b.local",
    "O=b.local",
    "O=b.local, CN=Intermediate CA, OU=x",
    "C=DE, O=b.local, CN=Intermediate CA",
    "O=b.local + CN=Intermediate CA",
    "O=B.local, CN=Intermediate CA",
    "",
  ]) {
    it(`is refused with the subject '${name}', which is not the cluster's`, async () => {
      const [fault, ...others] = faultsOf((await testRequest(name)).pem);
      assert.match(fault ?? "", /^has the subject ".*", and must have O=b\.local, CN=Intermediate CA$/);
      assert.deepEqual(others, []);
    });
  }

  it("is refused with the subject in another string type", async () => {
    const name = new Name([{ O: [{ bmpString: "b.local" }] }, { CN: [{ utf8String: "Intermediate CA" }] }]);
    assert.equal(faultsOf((await testRequest(name)).pem).length, 1);
  });

  it("is refused with a subject of another structure", async () => {
    const { subject, ...request } = parseRequest((await testRequest(SUBJECT)).pem);
    assert.deepEqual(requestFaults({ subject, ...request }, "b.local"), []);
    const { Class, Type, create } = forge.asn1;
    const sequence = (...parts: DerValue[]) => create(Class.UNIVERSAL, Type.SEQUENCE, true, parts);
    const set = (...parts: DerValue[]) => create(Class.UNIVERSAL, Type.SET, true, parts);
    const [organization, commonName] = partsOf(subject) as [DerValue, DerValue];
    const [attribute] = partsOf(organization) as [DerValue];
    const [oid, value] = partsOf(attribute) as [DerValue, DerValue];
    const paddedOid = create(Class.UNIVERSAL, Type.OID, false, "\x55\x80\x04\x0a");
    const shapes = [
      sequence(sequence(attribute), commonName),
      sequence(set(sequence(oid, value, create(Class.UNIVERSAL, Type.UTF8, false, "x"))), commonName),
      sequence(set(sequence(paddedOid, value)), commonName),
      sequence(set(sequence(oid, create(Class.UNIVERSAL, Type.UTF8, true, [value]))), commonName),
      sequence(set(attribute, attribute), commonName),
      sequence(create(Class.CONTEXT_SPECIFIC, Type.NONE, true, [attribute]), commonName),
      set(organization, commonName),
    ];
    for (const shape of shapes)
      assert.equal(requestFaults({ subject: shape, ...request }, "b.local").length, 1);
  });

  it("is refused when its key or subject was replaced after signing", async () => {
    const [one, other] = [await testRequest(SUBJECT), await testRequest(SUBJECT)];
    const der = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
    const pemOf = (bytes: Buffer): string =>
      `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
    const swapped = Buffer.from(der(one.pem));
    const at = swapped.indexOf(one.publicKey);
    other.publicKey.copy(swapped, at);
    assert.throws(() => parseRequest(pemOf(swapped)), /^Error: is not signed by its own key/);
    const renamed = Buffer.from(der(one.pem));
    renamed.write("c", renamed.indexOf("b.local"));
    assert.throws(() => parseRequest(pemOf(renamed)), /^Error: is not signed by its own key/);
  });

  it("is refused without being quoted when it is not a request", async () => {
    const { pem, key } = await testRequest(SUBJECT);
    for (const text of ["", "?", key, `${pem}${pem}`, `${pem}${key}`, pem.slice(0, 200), "A".repeat(1e6)]) {
      assert.throws(
        () => parseRequest(text),
        ({ message }: Error) => !message.includes("PRIVATE") && /^(?:is|has) /.test(message),
      );
    }
  });

  it("is refused, or keeps its signed key, when a byte was changed", async () => {
    const { pem } = await testRequest(SUBJECT);
    const fingerprint = keyFingerprint(parseRequest(pem));
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
    const read = (text: string): string[] => {
      try {
        const request = parseRequest(text);
        return [keyFingerprint(request), ...requestFaults(request, "b.local")];
      } catch (error) {
        assert.match((error as Error).message, /^(?:is|has) /);
        return [fingerprint];
      }
    };
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(der);
        bytes.writeUInt8(bytes.readUInt8(at) ^ change, at);
        const text = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
        assert.deepEqual(read(text), [fingerprint]);
      }),
      { numRuns: 500 },
    );
  });
});

function requestByOpenssl(privateKey: KeyObject, ...options: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "istio-federation-request-"));
  const key = join(folder, "key.pem");
  writeFileSync(key, privateKey.export({ type: "pkcs8", format: "pem" }));
  const subject = "/O=b.local/CN=Intermediate CA";
  const pem = execFileSync("openssl", ["req", "-new", "-key", key, ...options, "-subj", subject]);
  rmSync(folder, { recursive: true });
  return pem.toString();
}
