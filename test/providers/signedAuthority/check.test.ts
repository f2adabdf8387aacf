import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { check } from "../../../providers/signedAuthority/check.ts";
import type { Inputs } from "../../../providers/signedAuthority/inputs.ts";
import { TestAuthority } from "../../support/testAuthority.ts";
import { testRequest } from "../../support/testRequest.ts";
import { signedInputs } from "../support/signedInputs.ts";

const UNKNOWN = pulumi.runtime.unknownValue;

describe("A signed authority's inputs", () => {
  let root: TestAuthority;
  let inputs: Inputs;

  before(async () => {
    root = await TestAuthority.root("O=shared, CN=Root CA");
    inputs = signedInputs(root, await testRequest("O=b.local, CN=Intermediate CA"));
  });

  /** What is wrong, `property: reason` each. */
  function faults(change: Partial<Inputs> = {}): string[] {
    const { failures = [] } = check({}, { ...inputs, ...change });
    return failures.map(({ property, reason }) => `${property}: ${reason}`);
  }

  it("pass as they are, and while they are not known yet", () => {
    assert.deepEqual(check({}, inputs), { inputs, failures: [] });
    for (const field of Object.keys(inputs)) assert.deepEqual(faults({ [field]: UNKNOWN }), []);
    assert.deepEqual(faults({ istiodHosts: ["192.0.2.7", "istiod.b.example"] }), []);
  });

  it("are told all that is wrong with them at once", () => {
    const found = faults({
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

  it("must ask for the cluster's own name", () => {
    const [fault] = faults({ trustDomain: "a.local" });
    assert.match(
      fault ?? "",
      /^cluster: request has the subject "b\.local, Intermediate CA", and must have O=a\.local/,
    );
  });

  it("must have the key that belongs to the root, and never show one", async () => {
    const stranger = (await TestAuthority.root("O=x", { kind: "RSA" })).keyPem("pkcs1");
    for (const change of [{ issuerKey: stranger }, { request: stranger }, { issuerCertificate: stranger }]) {
      const found = faults(change);
      assert.notEqual(found.length, 0);
      for (const fault of found) {
        assert.match(fault, /^cluster: /);
        assert.ok(!fault.includes(stranger.slice(60, 80)), fault);
      }
    }
    assert.deepEqual(faults({ request: [stranger] as unknown as string }), ["cluster: request must be text"]);
  });
});
