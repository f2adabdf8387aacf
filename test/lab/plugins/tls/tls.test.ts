import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tlsProvider } from "../../../../lab/plugins/tls/provider.ts";
import {
  reveal,
  Secret,
  UNKNOWN,
  type Properties,
  type Value,
} from "../../../../lab/plugins/protocol/values.ts";

const PRIVATE_KEY = "tls:index/privateKey:PrivateKey";
const REQUEST = "tls:index/certRequest:CertRequest";
const SELF_SIGNED = "tls:index/selfSignedCert:SelfSignedCert";
const LOCALLY_SIGNED = "tls:index/locallySignedCert:LocallySignedCert";
const CA = { isCaCertificate: true, validityPeriodHours: 24, allowedUses: ["cert_signing", "crl_signing"] };

const subject = (type: string) => ({ urn: `urn:pulumi:s::p::${type}::x`, type, name: "x" });

async function create(type: string, inputs: Properties, preview = false): Promise<Properties> {
  const call = { ...subject(type), inputs, preview, timeoutSeconds: 0 };
  return (await tlsProvider().kind(type).create(call)).outputs;
}

async function check(type: string, news: Properties): Promise<string[]> {
  const call = { ...subject(type), olds: {}, news, randomSeed: new Uint8Array() };
  const { failures = [] } = await tlsProvider().kind(type).check(call);
  return failures.map(({ property, reason }) => `${property}: ${reason}`);
}

async function diff(type: string, olds: Properties, news: Properties) {
  return tlsProvider()
    .kind(type)
    .diff({ ...subject(type), id: "1", olds, oldInputs: {}, ignoreChanges: [], news });
}

function text(value: Value | undefined): string {
  const plain = reveal(value);
  assert.ok(typeof plain === "string");
  return plain;
}

describe("The TLS stand-in's keys", () => {
  const forms: [string, Properties, string, object][] = [
    ["RSA", { rsaBits: 2048 }, "RSA PRIVATE KEY", { modulusLength: 2048, publicExponent: 65537n }],
    ["ECDSA", { ecdsaCurve: "P256" }, "EC PRIVATE KEY", { namedCurve: "prime256v1" }],
    ["ECDSA", { ecdsaCurve: "P384" }, "EC PRIVATE KEY", { namedCurve: "secp384r1" }],
    ["ECDSA", { ecdsaCurve: "P521" }, "EC PRIVATE KEY", { namedCurve: "secp521r1" }],
    ["ECDSA", {}, "EC PRIVATE KEY", { namedCurve: "secp224r1" }],
    ["ED25519", {}, "PRIVATE KEY", {}],
  ];
  for (const [algorithm, options, label, details] of forms) {
    it(`are ${label} for ${algorithm} ${JSON.stringify(options)}, and secret`, async () => {
      const outputs = await create(PRIVATE_KEY, { algorithm, ...options });
      const pem = text(outputs["privateKeyPem"]);
      assert.ok(pem.startsWith(`-----BEGIN ${label}-----\n`) && pem.endsWith("-----\n"));
      assert.deepEqual(createPrivateKey(pem).asymmetricKeyDetails, details);
      for (const output of ["privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"])
        assert.ok(outputs[output] instanceof Secret, output);
      const publicPem = createPublicKey(pem).export({ type: "spki", format: "pem" });
      assert.equal(outputs["publicKeyPem"], publicPem);
    });
  }

  it("show the schema's defaults as outputs, and nothing of the key in preview", async () => {
    const outputs = await create(PRIVATE_KEY, { algorithm: "RSA" }, true);
    assert.equal(outputs["rsaBits"], 2048);
    assert.equal(outputs["ecdsaCurve"], "P224");
    assert.equal(outputs["publicKeyPem"], UNKNOWN);
    assert.deepEqual(outputs["privateKeyPem"], new Secret(UNKNOWN));
  });
});

describe("The TLS stand-in's certificates", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "istio-federation-tls-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  async function chain(key: Properties) {
    const rootKey = (await create(PRIVATE_KEY, key))["privateKeyPem"] ?? null;
    const ownKey = (await create(PRIVATE_KEY, key))["privateKeyPem"] ?? null;
    const names = { organization: "cluster-a", commonName: "Rööt CA" };
    const root = await create(SELF_SIGNED, {
      ...CA,
      privateKeyPem: rootKey,
      subject: names,
      setAuthorityKeyId: true,
    });
    const request = await create(REQUEST, {
      privateKeyPem: ownKey,
      subject: { commonName: "Intermediate" },
      dnsNames: ["istiod.istio-system.svc"],
      ipAddresses: ["127.0.0.1"],
      uris: ["spiffe://cluster-a.local"],
    });
    const intermediate = await create(LOCALLY_SIGNED, {
      ...CA,
      maxPathLength: 1,
      caCertPem: root["certPem"],
      caPrivateKeyPem: rootKey,
      certRequestPem: request["certRequestPem"],
    });
    return { root, request, intermediate };
  }

  for (const key of [
    { algorithm: "ECDSA", ecdsaCurve: "P256" },
    { algorithm: "ECDSA", ecdsaCurve: "P384" },
    { algorithm: "RSA", rsaBits: 2048 },
    { algorithm: "ED25519" },
  ]) {
    it(`make a chain of ${JSON.stringify(key)} that OpenSSL accepts`, async () => {
      const { root, intermediate, request } = await chain(key);
      const files = {
        root: root["certPem"],
        intermediate: intermediate["certPem"],
        request: request["certRequestPem"],
      };
      for (const [name, pem] of Object.entries(files)) {
        writeFileSync(join(folder, name), text(pem));
      }
      const openssl = (...words: string[]) =>
        execFileSync("openssl", words, { cwd: folder, stdio: "pipe" }).toString();
      assert.equal(
        openssl("verify", "-x509_strict", "-CAfile", "root", "intermediate"),
        "intermediate: OK\n",
      );
      openssl("req", "-in", "request", "-noout", "-verify");
    });
  }

  it("say what was asked for", async () => {
    const { root, intermediate } = await chain({ algorithm: "ECDSA", ecdsaCurve: "P256" });
    const issuer = new X509Certificate(text(root["certPem"]));
    const issued = new X509Certificate(text(intermediate["certPem"]));
    assert.equal(issuer.subject, "O=cluster-a\nCN=Rööt CA");
    assert.ok(issued.ca && issued.checkIssued(issuer) && issued.verify(issuer.publicKey));
    const names = "DNS:istiod.istio-system.svc, IP Address:127.0.0.1, URI:spiffe://cluster-a.local";
    assert.equal(issued.subjectAltName, names);
    assert.equal(issued.validToDate.toISOString(), intermediate["validityEndTime"]);
    assert.equal(intermediate["readyForRenewal"], false);
    assert.equal(intermediate["caKeyAlgorithm"], "ECDSA");
    assert.equal(root["keyAlgorithm"], "ECDSA");
    assert.ok(root["privateKeyPem"] instanceof Secret && intermediate["caPrivateKeyPem"] instanceof Secret);
  });

  it("are refused when the key is not the authority's", async () => {
    const { root, request } = await chain({ algorithm: "ED25519" });
    const other = (await create(PRIVATE_KEY, { algorithm: "ED25519" }))["privateKeyPem"] ?? null;
    const inputs = {
      ...CA,
      caCertPem: root["certPem"],
      caPrivateKeyPem: other,
      certRequestPem: request["certRequestPem"],
    };
    await assert.rejects(create(LOCALLY_SIGNED, inputs), /caPrivateKeyPem is not the key of the certificate/);
  });

  /** A root, and the inputs that it was made from. */
  async function selfSigned() {
    const { root } = await chain({ algorithm: "ED25519" });
    const ofRoot = { privateKeyPem: root["privateKeyPem"], subject: root["subject"] };
    return { root, inputs: { ...CA, ...ofRoot, setAuthorityKeyId: true } };
  }

  it("are replaced by any change but that of the early renewal", async () => {
    const { root, inputs } = await selfSigned();
    assert.deepEqual(await diff(SELF_SIGNED, root, inputs), { differences: {}, replaces: [] });
    assert.deepEqual(await diff(SELF_SIGNED, root, { ...inputs, validityPeriodHours: 48 }), {
      differences: { validityPeriodHours: "update" },
      replaces: ["validityPeriodHours"],
    });
    assert.deepEqual(await diff(SELF_SIGNED, root, { ...inputs, earlyRenewalHours: 1 }), {
      differences: { earlyRenewalHours: "update" },
      replaces: [],
    });
    const unknown = await diff(SELF_SIGNED, root, { ...inputs, privateKeyPem: new Secret(UNKNOWN) });
    assert.deepEqual(unknown.replaces, ["privateKeyPem"]);
  });

  it("are replaced when the time of their early renewal has come", async () => {
    const { root, inputs } = await selfSigned();
    const due = await diff(SELF_SIGNED, root, { ...inputs, earlyRenewalHours: 25 });
    assert.deepEqual(due.replaces, ["readyForRenewal"]);
  });
});

describe("The TLS stand-in's inputs", () => {
  it("are checked with all failures at once", async () => {
    assert.deepEqual(
      await check(SELF_SIGNED, { allowedUses: ["certSigning"], validityPeriodHours: -1, extra: 1 }),
      [
        "extra: is not an input of this resource",
        "privateKeyPem: Missing required property",
        "validityPeriodHours: got [-1], expected at least 0",
        `allowedUses: got ["certSigning"], expected one of digital_signature, content_commitment, key_encipherment, ` +
          "data_encipherment, key_agreement, cert_signing, crl_signing, encipher_only, decipher_only, any_extended, " +
          "server_auth, client_auth, code_signing, email_protection, ipsec_end_system, ipsec_tunnel, ipsec_user, " +
          "timestamping, ocsp_signing, microsoft_server_gated_crypto, netscape_server_gated_crypto, " +
          "microsoft_commercial_code_signing, microsoft_kernel_code_signing",
      ],
    );
    assert.deepEqual(await check(PRIVATE_KEY, { algorithm: UNKNOWN }), []);
  });

  it("of a type that is not covered are refused by name", () => {
    assert.throws(() => tlsProvider().kind("tls:index/other:Other"), /does not know tls:index\/other:Other/);
  });
});
