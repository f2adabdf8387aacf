import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { makeAnchors } from "../../../providers/trustAnchor/anchors.ts";
import { diff } from "../../../providers/trustAnchor/diff.ts";
import type { Inputs, State } from "../../../providers/trustAnchor/inputs.ts";
import { anchorInputs } from "../support/anchorInputs.ts";
import { TestAuthority } from "../../support/testAuthority.ts";

const UNKNOWN = pulumi.runtime.unknownValue;
const DAY = 86_400_000;
const NOW = new Date();

describe("Anchors in the state", () => {
  let own: TestAuthority;
  let first: TestAuthority;
  let second: TestAuthority;
  let inputs: Inputs;
  let state: State;

  before(async () => {
    const notAfter = new Date(NOW.getTime() + 10 * DAY);
    own = await TestAuthority.root("O=a.local", { notAfter });
    first = await TestAuthority.root("O=b.local, CN=1", { notAfter });
    second = await TestAuthority.root("O=b.local, CN=2", { notAfter });
    inputs = anchorInputs(own, first, second);
    state = makeAnchors(inputs, undefined, NOW);
  });

  const changes = (news: Partial<Inputs>, olds: Partial<State> = {}, now = NOW): boolean | undefined =>
    diff({ ...state, ...olds }, { ...inputs, ...news }, now).changes;

  /** The anchor of a root, found by the root's fingerprint. */
  function anchorOf(root: TestAuthority, { rootFingerprints, certificates }: State): string {
    return certificates[rootFingerprints.indexOf(root.fingerprint)]!;
  }

  it("are no change as long as all stays", () => {
    assert.equal(changes({}), false);
    assert.deepEqual(makeAnchors(inputs, state, NOW), state);
  });

  it("are no change when the same is written otherwise", () => {
    const [one = "", other = ""] = inputs.rootCertificates;
    assert.equal(changes({ rootCertificates: [other, one, `text\n${one}\n`] }), false);
    assert.equal(changes({ issuerKey: own.keyPem("sec1") }), false);
    assert.equal(changes({ issuerKey: UNKNOWN }), false);
    assert.equal(changes({ peer: "another" }), false);
  });

  it("change with the trust domain, the roots and the issuer", async () => {
    assert.equal(changes({ trustDomain: "b2.local" }), true);
    assert.equal(changes({ rootCertificates: [first.pem] }), true);
    assert.equal(changes({ rootCertificates: [first.pem, (await second.again()).pem] }), true);
    assert.equal(changes({ issuerCertificate: (await own.again()).pem }), true);
  });

  it("change when it is not known yet what they are made from", () => {
    assert.equal(changes({ trustDomain: UNKNOWN }), true);
    assert.equal(changes({ rootCertificates: [first.pem, UNKNOWN] }), true);
    assert.equal(changes({ issuerCertificate: UNKNOWN, issuerKey: UNKNOWN }), true);
  });

  it("change when they have run out, and there are none any more", () => {
    const later = new Date(NOW.getTime() + 11 * DAY);
    assert.equal(changes({}, {}, later), true);
    assert.throws(
      () => makeAnchors(inputs, state, later),
      (error: Error) => {
        assert.match(
          error.message,
          /^no trust anchor for peer cluster-b:\n {2}- the peer's root with SHA-256 /,
        );
        assert.equal(error.message.match(/not both any more/g)?.length, 2);
        return true;
      },
    );
  });

  it("change when they are not what was made", () => {
    const [one = "", other = ""] = state.certificates;
    for (const certificates of [[], [one], [one, "?"], [other, one], [one, own.pem], [one, other, one]]) {
      assert.equal(changes({}, { certificates }), true);
    }
  });

  it("are kept byte for byte when another root comes, goes or is renewed", async () => {
    const renewed = await second.again();
    for (const rest of [[], [second], [renewed], [renewed, second]]) {
      const made = makeAnchors(anchorInputs(own, first, ...rest), state, NOW);
      assert.equal(made.certificates.length, 1 + rest.length);
      assert.equal(anchorOf(first, made), anchorOf(first, state));
    }
    const { certificates } = makeAnchors(anchorInputs(own, first, renewed), state, NOW);
    assert.ok(!certificates.includes(anchorOf(second, state)));
  });

  it("are made anew, all of them, under another issuer or for another trust domain", async () => {
    const other = await TestAuthority.root("O=a.local, CN=new", { kind: "P-384" });
    for (const news of [anchorInputs(other, first, second), { ...inputs, trustDomain: "b2.local" }]) {
      const made = makeAnchors(news, state, NOW);
      assert.equal(new Set([...made.certificates, ...state.certificates]).size, 4);
      assert.equal(diff(made, news, NOW).changes, false);
    }
  });
});
