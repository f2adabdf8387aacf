import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { type IntermediateRequest, signRequest } from "../../federation/authority/signRequest.ts";
import type { SignedIntermediate } from "../../federation/authority/signedIntermediate.ts";
import { SignedAuthority, provider } from "../../providers/signedAuthority.ts";
import { at } from "../support/clock.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { type TestRequest, testRequest } from "../support/testRequest.ts";
import { ProviderProcess, providerText } from "./support/providerProcess.ts";
import { signedInputs } from "./support/authorityInputs.ts";

const UNKNOWN = pulumi.runtime.unknownValue;
const YEAR = 8760 * 3_600_000;
const NOW = new Date();
const later = (years: number): Date => new Date(NOW.getTime() + years * YEAR);

describe("check of SignedAuthority", () => {
  let root: TestAuthority;
  let inputs: IntermediateRequest;

  before(async () => {
    root = await TestAuthority.root("O=shared, CN=Root CA");
    inputs = signedInputs(root, await testRequest("O=b.local, CN=Intermediate CA"));
  });

  /** @returns failures, `property: reason` each. */
  async function faults(change: Partial<IntermediateRequest> = {}): Promise<string[]> {
    const { failures = [] } = await provider.check({}, { ...inputs, ...change });
    return failures.map(({ property, reason }) => `${property}: ${reason}`);
  }

  it("accepts valid inputs, and unknown ones", async () => {
    assert.deepEqual(await provider.check({}, inputs), { inputs, failures: [] });
    for (const field of Object.keys(inputs)) assert.deepEqual(await faults({ [field]: UNKNOWN }), []);
    assert.deepEqual(await faults({ istiodHosts: ["192.0.2.7", "istiod.b.example"] }), []);
  });

  it("reports all faults at once", async () => {
    const found = await faults({
      cluster: "Cluster B",
      trustDomain: "spiffe://b.local",
      istiodHosts: ["https://x"],
      request: "?",
      issuerCertificate: "?",
      issuerKey: "?",
    });
    assert.equal(found.length, 6, found.join("\n"));
    assert.match(
      found.join("\n"),
      /^cluster: "Cluster B".*\ntrustDomain: .*\nistiodHosts\[0\]: .*\ncluster: request is not/,
    );
  });

  it("refuses a request whose subject is not the cluster's", async () => {
    const [fault] = await faults({ trustDomain: "a.local" });
    assert.match(
      fault ?? "",
      /^cluster: request has the subject "b\.local, Intermediate CA", and must have O=a\.local/,
    );
  });

  it("refuses a key that is not the root's, without showing it", async () => {
    const other = (await TestAuthority.root("O=x", { kind: "RSA" })).keyPem("pkcs1");
    for (const change of [{ issuerKey: other }, { request: other }, { issuerCertificate: other }]) {
      const found = await faults(change);
      assert.notEqual(found.length, 0);
      for (const fault of found) {
        assert.match(fault, /^cluster: /);
        assert.ok(!fault.includes(other.slice(60, 80)), fault);
      }
    }
    assert.deepEqual(await faults({ request: [other] as unknown as string }), [
      "cluster: request must be text",
    ]);
  });
});

describe("SignedAuthority", () => {
  let root: TestAuthority;
  let request: TestRequest;

  before(async () => {
    root = await TestAuthority.root("O=shared");
    request = await testRequest("O=b.local, CN=Intermediate CA");
  });

  it("is created and updated in Pulumi's provider process, without the root's key in its outputs", async () => {
    const inputs = signedInputs(root, request);
    const text = await providerText(() => new SignedAuthority("signed", inputs));
    const process = await ProviderProcess.start(text);
    try {
      const { id, outs } = await process.create({ ...inputs });
      assert.equal(id, "cluster-b");
      assert.doesNotMatch(JSON.stringify(outs), /PRIVATE KEY|issuerKey/);
      assert.ok(!JSON.stringify(outs).includes(root.keyPem().split("\n")[1]!));
      assert.deepEqual(await process.update(id, outs, { ...inputs }), outs);
    } finally {
      await process.stop();
    }
  });

  it("is read and deleted without a key", async () => {
    const { id, outs } = await provider.create(signedInputs(root, request));
    assert.deepEqual(await provider.read(id, outs), { id, props: outs });
    assert.deepEqual(await provider.diff(id, outs, signedInputs(root, request)), { changes: false });
    await provider.delete();
  });

  it("reports why the root cannot sign, without the key", async () => {
    const noRoom = await TestAuthority.root("O=shared", { pathLength: 0 });
    await assert.rejects(
      provider.create(signedInputs(noRoom, request)),
      /^Error: no certificate for cluster cluster-b: the shared root may issue no CA's certificate/,
    );
    const inputs = { ...signedInputs(root, request), issuerKey: root.keyPem().slice(0, 100) };
    await assert.rejects(provider.create(inputs), (error: Error) => {
      assert.match(error.message, /the shared root has no key that it can sign with$/);
      assert.ok(!String(error.stack).includes(root.keyPem().slice(40, 80)));
      return true;
    });
  });
});

describe("diff of SignedAuthority", () => {
  let root: TestAuthority;
  let request: TestRequest;
  let inputs: IntermediateRequest;
  let state: SignedIntermediate;

  before(async () => {
    root = await TestAuthority.root("O=shared", { notAfter: later(10) });
    request = await testRequest("O=b.local, CN=Intermediate CA");
    inputs = signedInputs(root, request);
    state = signRequest(inputs, undefined, NOW, randomBytes);
  });

  const changesOf = async (last: SignedIntermediate, news: IntermediateRequest, now = NOW) =>
    (await at(now, () => provider.diff("id", last, news))).changes;
  const changes = (news: Partial<IntermediateRequest>, olds: Partial<SignedIntermediate> = {}, now = NOW) =>
    changesOf({ ...state, ...olds }, { ...inputs, ...news }, now);

  it("keeps the certificate byte for byte while its source stays", async () => {
    assert.equal(await changes({}), false);
    assert.deepEqual(signRequest(inputs, state, NOW, randomBytes), state);
    assert.equal(await changes({ issuerKey: UNKNOWN }), false);
    assert.equal(await changes({ cluster: "another" }), false);
    assert.equal(await changes({ request: `${request.pem}\n` }), false);
  });

  it("changes with the source of the certificate", async () => {
    assert.equal(await changes({ trustDomain: "b2.local" }), true);
    assert.equal(await changes({ istiodHosts: ["istiod.b.example"] }), true);
    assert.equal(await changes({ issuerCertificate: (await root.again()).pem }), true);
    assert.equal(await changes({ request: (await testRequest("O=b.local, CN=Intermediate CA")).pem }), true);
    assert.equal(await changes({}, { format: 0 }), true);
  });

  it("changes when the certificate is not the issued one", async () => {
    for (const certificate of ["", root.pem]) assert.equal(await changes({}, { certificate }), true);
  });

  it("changes while the source is not known yet", async () => {
    for (const field of ["issuerCertificate", "request", "trustDomain"] as const)
      assert.equal(await changes({ [field]: UNKNOWN }), true);
  });

  it("renews the certificate in its last year", async () => {
    assert.equal(await changes({}, {}, later(3.99)), false);
    assert.equal(await changes({}, {}, later(4.01)), true);
    const renewed = signRequest(inputs, state, later(4.01), randomBytes);
    assert.notEqual(renewed.certificate, state.certificate);
    assert.equal(await changesOf(renewed, inputs, later(4.01)), false);
  });

  it("does not renew a certificate that ends with its root", async () => {
    const ending = await TestAuthority.root("O=shared", { notAfter: later(0.5) });
    const made = signRequest(signedInputs(ending, request), undefined, NOW, randomBytes);
    assert.equal(await changesOf(made, signedInputs(ending, request), later(0.4)), false);
  });
});
