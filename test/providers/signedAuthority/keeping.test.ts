import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { diff } from "../../../providers/signedAuthority/diff.ts";
import type { Inputs, State } from "../../../providers/signedAuthority/inputs.ts";
import { signRequest } from "../../../providers/signedAuthority/sign.ts";
import { TestAuthority } from "../../support/testAuthority.ts";
import { type TestRequest, testRequest } from "../../support/testRequest.ts";
import { signedInputs } from "../support/signedInputs.ts";

const UNKNOWN = pulumi.runtime.unknownValue;
const YEAR = 8760 * 3_600_000;
const NOW = new Date();
const later = (years: number): Date => new Date(NOW.getTime() + years * YEAR);

describe("A signed intermediate in the state", () => {
  let root: TestAuthority;
  let request: TestRequest;
  let inputs: Inputs;
  let state: State;

  before(async () => {
    root = await TestAuthority.root("O=shared", { notAfter: later(10) });
    request = await testRequest("O=b.local, CN=Intermediate CA");
    inputs = signedInputs(root, request);
    state = signRequest(inputs, undefined, NOW);
  });

  const changes = (news: Partial<Inputs>, olds: Partial<State> = {}, now = NOW): boolean | undefined =>
    diff({ ...state, ...olds }, { ...inputs, ...news }, now).changes;

  it("is kept byte for byte as long as all stays", () => {
    assert.equal(changes({}), false);
    assert.deepEqual(signRequest(inputs, state, NOW), state);
    assert.equal(changes({ issuerKey: UNKNOWN }), false);
    assert.equal(changes({ cluster: "another" }), false);
    assert.equal(changes({ request: `${request.pem}\n` }), false);
  });

  it("changes with what it was made from", async () => {
    assert.equal(changes({ trustDomain: "b2.local" }), true);
    assert.equal(changes({ istiodHosts: ["istiod.b.example"] }), true);
    assert.equal(changes({ issuerCertificate: (await root.again()).pem }), true);
    assert.equal(changes({ request: (await testRequest("O=b.local, CN=Intermediate CA")).pem }), true);
    assert.equal(changes({}, { format: 0 }), true);
  });

  it("changes when it is not what was made", () => {
    for (const certificate of ["", root.pem]) assert.equal(changes({}, { certificate }), true);
  });

  it("changes when it is not known yet what it is made from", () => {
    for (const field of ["issuerCertificate", "request", "trustDomain"] as const)
      assert.equal(changes({ [field]: UNKNOWN }), true);
  });

  it("is made anew in its last year", () => {
    assert.equal(changes({}, {}, later(3.99)), false);
    assert.equal(changes({}, {}, later(4.01)), true);
    const renewed = signRequest(inputs, state, later(4.01));
    assert.notEqual(renewed.certificate, state.certificate);
    assert.equal(diff(renewed, inputs, later(4.01)).changes, false);
  });

  it("is not made anew again and again when it ends with its root", async () => {
    const ending = await TestAuthority.root("O=shared", { notAfter: later(0.5) });
    const made = signRequest(signedInputs(ending, request), undefined, NOW);
    assert.equal(diff(made, signedInputs(ending, request), later(0.4)).changes, false);
  });
});
