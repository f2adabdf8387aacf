import "reflect-metadata";
import assert from "node:assert/strict";
import { KeyUsageFlags } from "@peculiar/x509";
import * as pulumi from "@pulumi/pulumi";
import { check } from "../../../providers/trustAnchor/check.ts";
import type { Inputs } from "../../../providers/trustAnchor/inputs.ts";
import { anchorInputs } from "../support/anchorInputs.ts";
import { TestAuthority } from "../../support/testAuthority.ts";

const UNKNOWN = pulumi.runtime.unknownValue;

describe("A trust anchor's inputs", () => {
  let own: TestAuthority;
  let rsa: TestAuthority;
  let peer: TestAuthority;
  let inputs: Inputs;

  before(async () => {
    own = await TestAuthority.root("O=a.local, CN=Root CA");
    rsa = await TestAuthority.root("O=r.local, CN=Root CA", { kind: "RSA" });
    peer = await TestAuthority.root("O=b.local, CN=Root CA");
    inputs = anchorInputs(own, peer);
  });

  /** What is wrong, `property: reason` each. */
  function faults(change: Partial<Inputs> = {}): string[] {
    const { failures = [] } = check({}, { ...inputs, ...change });
    return failures.map(({ property, reason }) => `${property}: ${reason}`);
  }

  it("pass as they are", () => {
    assert.deepEqual(check({}, inputs), { inputs, failures: [] });
  });

  it("may have the key in any of the usual forms", () => {
    const keys = [own.keyPem("sec1"), own.keyPem("pkcs8")];
    for (const issuerKey of keys) assert.deepEqual(faults({ issuerKey }), []);
    const issuerCertificate = rsa.pem;
    for (const issuerKey of [rsa.keyPem("pkcs1"), rsa.keyPem("pkcs8")]) {
      assert.deepEqual(faults({ issuerCertificate, issuerKey }), []);
    }
  });

  it("may be unknown, one or all", () => {
    const unknown = { issuerCertificate: UNKNOWN, issuerKey: UNKNOWN, trustDomain: UNKNOWN };
    assert.deepEqual(faults({ ...unknown, rootCertificates: [UNKNOWN] }), []);
    assert.deepEqual(faults({ rootCertificates: UNKNOWN as unknown as string[] }), []);
    for (const [field, value] of Object.entries(unknown)) assert.deepEqual(faults({ [field]: value }), []);
  });

  it("are told all that is wrong with them at once", async () => {
    const notCa = await TestAuthority.root("O=b.local", { isCa: false });
    const found = faults({
      peer: "Cluster B",
      trustDomain: "spiffe://b.local",
      rootCertificates: [peer.pem, notCa.pem, "?"],
      issuerCertificate: "?",
      issuerKey: "?",
    });
    assert.equal(found.length, 6, found.join("\n"));
    assert.match(
      found.join("\n"),
      /^peer: "Cluster B" .*\ntrustDomain: "spiffe.*\nrootCertificates\[1\]: must be one/,
    );
  });

  it("must hold a root", () => {
    assert.deepEqual(faults({ rootCertificates: [] }), [
      "rootCertificates: must hold at least one root certificate",
    ]);
  });

  it("must hold roots that may sign certificates, one in each text", async () => {
    const cannotSign = await TestAuthority.root("O=b.local", { keyUsage: KeyUsageFlags.digitalSignature });
    for (const pem of [cannotSign.pem, `${peer.pem}\n${peer.pem}`, `${peer.pem}\n${peer.keyPem()}`, ""]) {
      const [fault, ...others] = faults({ rootCertificates: [pem] });
      assert.match(fault ?? "", /^rootCertificates\[0\]: must be one certificate in PEM, of a CA/);
      assert.deepEqual(others, []);
    }
  });

  it("must hold roots with a name", async () => {
    const nameless = await TestAuthority.root("");
    assert.match(
      faults({ rootCertificates: [nameless.pem] }).join(),
      /^rootCertificates\[0\]: has no subject/,
    );
  });

  it("must hold keys that Envoy takes, on both sides", async () => {
    const odd = await TestAuthority.root("O=e.local", { kind: "Ed25519" });
    assert.match(
      faults({ rootCertificates: [odd.pem] }).join(),
      /^rootCertificates\[0\]: has a key that Envoy does not/,
    );
    const issuer = { issuerCertificate: odd.pem, issuerKey: odd.keyPem() };
    assert.match(faults(issuer).join(), /^peer: issuerCertificate has a key that Envoy does not/);
  });

  it("must have another root than ours, by key and by name", async () => {
    const namesake = await TestAuthority.root("O=A.local, CN=root  CA", { kind: "RSA" });
    for (const { pem } of [own, namesake]) {
      assert.match(
        faults({ rootCertificates: [pem] }).join(),
        /^rootCertificates\[0\]: has the subject of our own/,
      );
    }
  });

  it("must have the key that belongs to our root", () => {
    for (const stranger of [peer, rsa]) {
      assert.deepEqual(faults({ issuerKey: stranger.keyPem() }), [
        "peer: issuerKey is not the key of issuerCertificate: give the key of our own root",
      ]);
    }
  });

  it("never show a key in what is said of them, nor name a property by whose value the engine would", () => {
    const key = rsa.keyPem("pkcs1");
    const wrong: Partial<Inputs>[] = [
      { issuerKey: key },
      { issuerKey: key.slice(0, 600) },
      { issuerKey: key.replaceAll("\n", "") },
      { issuerKey: [key] as unknown as string },
      { issuerKey: { key } as unknown as string },
      { issuerCertificate: key, issuerKey: own.pem },
      { rootCertificates: [key] },
    ];
    for (const change of wrong) {
      const found = faults(change);
      assert.notEqual(found.length, 0);
      assert.ok(!found.some((fault) => leaks(fault, key)), found.join("\n"));
      for (const fault of found) assert.match(fault, /^(?:peer|rootCertificates\[0\]): /);
    }
  });
});

/** Whether a text has any piece of a key that says something. */
function leaks(text: string, key: string): boolean {
  const body = key.replace(/-----[^-]+-----|\s/g, "");
  return body.match(/.{12}/g)!.some((piece) => text.includes(piece));
}
