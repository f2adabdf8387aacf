import assert from "node:assert/strict";
import type { PeerView } from "../../federation/peer.ts";
import type { ProvidedAuthority } from "../../federation/providedAuthority.ts";
import { FIRST_ROOT } from "../../federation/rotation.ts";
import { judgeUnconstrained } from "../../federation/unconstrained.ts";
import { faultsThrown } from "./samples.ts";

const section = {
  source: "provided" as const,
  algorithm: "ECDSA" as const,
  expiryWarningDays: 90,
  workloadCertificateHours: 25,
  allowUnconstrainedAnchors: false,
};
const keyless: ProvidedAuthority = { certificate: "", key: "", chain: [], roots: [] };
const pinned = { clusterDomain: "b.local", trustDomain: "b.local", rootCertificates: [] };
const waiting: PeerView = { state: "pending", reason: "gone", since: "", gateways: [] };
const peers = { b: { ...waiting, pinned }, c: waiting };

describe("Trust anchors without the key of an own root", () => {
  it("take the stack's consent", () => {
    const [fault] = faultsThrown(() =>
      judgeUnconstrained({ certificateAuthority: section }, { provided: keyless }, peers),
    );
    assert.match(
      fault ?? "",
      /^certificateAuthority\.provided\.rootKey: is missing: without it the roots of b cannot be constrained/,
    );
  });

  it("are warned of, peer by peer, once the stack allows them", () => {
    const consenting = { certificateAuthority: { ...section, allowUnconstrainedAnchors: true } };
    const warnings = judgeUnconstrained(consenting, { provided: keyless }, peers);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^The trust anchor of peer b is unconstrained/);
  });

  it("are no matter where there is a key, an own authority, or no peer that is trusted", () => {
    const config = { certificateAuthority: section };
    assert.deepEqual(
      judgeUnconstrained(config, { provided: { ...keyless, issuer: { certificate: "", key: "" } } }, peers),
      [],
    );
    assert.deepEqual(judgeUnconstrained(config, { rotation: { wanted: FIRST_ROOT, now: "" } }, peers), []);
    assert.deepEqual(judgeUnconstrained(config, { provided: keyless }, { c: waiting }), []);
  });
});
