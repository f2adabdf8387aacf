import assert from "node:assert/strict";
import type { ProvidedAuthority } from "../../../federation/authority/provided.ts";
import { FIRST_ROOT } from "../../../federation/authority/rotation.ts";
import {
  ownPlan,
  providedPlan,
  sharedPlan,
  type AuthorityPlan,
} from "../../../federation/authority/authority.ts";
import { checkUnconstrained } from "../../../federation/authority/unconstrained.ts";
import { FaultsError } from "../../../federation/core/fault.ts";
import { Findings } from "../../../federation/core/findings.ts";
import type { PinnedPeer } from "../../../federation/trust/pinnedPeer.ts";
import { ROOT_A, ROOT_B, ROOT_C, faultsThrown } from "../samples.ts";

const section = {
  source: "provided" as const,
  algorithm: "ECDSA" as const,
  expiryWarningDays: 90,
  workloadCertificateHours: 24,
  settlingMinutes: 10,
  rotation: undefined,
  provided: undefined,
  shared: undefined,
  allowUnconstrainedAnchors: false,
};
const keyless: ProvidedAuthority = { certificate: "", key: "", chain: [], roots: [] };
const pinned = { clusterDomain: "b.local", trustDomain: "b.local", rootCertificates: [] };
const peers = { b: pinned };

/** @returns warnings. @throws FaultsError without the consent. */
function consentWarnings(
  config: { certificateAuthority: typeof section },
  authority: AuthorityPlan,
  trusted: Record<string, PinnedPeer>,
): string[] {
  const findings = new Findings();
  checkUnconstrained(config, authority, trusted, findings);
  if (findings.faults.length > 0) throw new FaultsError("certificate authority", findings.faults);
  return findings.warnings;
}

describe("Trust anchors without the key of an own root", () => {
  it("need consent in the config", () => {
    const [fault] = faultsThrown(() =>
      consentWarnings({ certificateAuthority: section }, providedPlan(keyless), peers),
    );
    assert.match(
      fault ?? "",
      /^certificateAuthority\.provided\.rootKey: is missing: without it the roots of b cannot be constrained/,
    );
  });

  it("cause a warning per peer once the config allows them", () => {
    const consenting = { certificateAuthority: { ...section, allowUnconstrainedAnchors: true } };
    const warnings = consentWarnings(consenting, providedPlan(keyless), peers);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^The trust anchor of peer b is unconstrained/);
  });

  it("do not exist with a key, an own root or no trusted peer", () => {
    const config = { certificateAuthority: section };
    assert.deepEqual(
      consentWarnings(config, providedPlan({ ...keyless, issuer: { certificate: "", key: "" } }), peers),
      [],
    );
    assert.deepEqual(
      consentWarnings(config, ownPlan({ wanted: FIRST_ROOT, last: undefined, now: "" }), peers),
      [],
    );
    assert.deepEqual(consentWarnings(config, providedPlan(keyless), {}), []);
  });
});

describe("Roots shared with peers", () => {
  const withRoots = (...rootCertificates: string[]): Record<string, PinnedPeer> => ({
    b: { ...pinned, rootCertificates },
  });
  const shared = sharedPlan({ certificate: ROOT_C, rootCertificates: [ROOT_A], intermediate: 1 });
  const provided = (issuer: object = {}) => providedPlan({ ...keyless, roots: [ROOT_A], ...issuer });
  const faultsOf = (...args: [AuthorityPlan, Record<string, PinnedPeer>]): string[] =>
    faultsThrown(() => consentWarnings({ certificateAuthority: section }, ...args));

  it("are constrained where the shared root's stack issues constrained intermediates", () => {
    assert.deepEqual(faultsOf(shared, withRoots(ROOT_A)), []);
    assert.deepEqual(consentWarnings({ certificateAuthority: section }, shared, withRoots(ROOT_A)), []);
  });

  it("leave peers' other roots unconstrained without the shared root's key", () => {
    for (const view of [withRoots(ROOT_B), withRoots(ROOT_A, ROOT_B), withRoots()]) {
      const [fault, ...more] = faultsOf(shared, view);
      assert.match(
        fault ?? "",
        /^certificateAuthority\.source: is 'shared', so that this stack holds no root key: the roots of b cannot be constrained/,
      );
      assert.deepEqual(more, []);
    }
  });

  it("need consent when provided, with or without their key", () => {
    const issuer = { issuer: { certificate: ROOT_A, key: "" } };
    for (const authority of [provided(), provided(issuer)]) {
      const [fault, ...more] = faultsOf(authority, withRoots(ROOT_A));
      assert.match(
        fault ?? "",
        /^certificateAuthority\.provided\.root: is the root of b too: .*unless whoever holds the root/,
      );
      assert.deepEqual(more, []);
    }
    assert.equal(faultsOf(provided(), withRoots(ROOT_A, ROOT_B)).length, 2);
    assert.equal(faultsOf(provided(issuer), withRoots(ROOT_A, ROOT_B)).length, 1);
    const consenting = { certificateAuthority: { ...section, allowUnconstrainedAnchors: true } };
    assert.match(
      consentWarnings(consenting, provided(issuer), withRoots(ROOT_A)).join(),
      /^Peer b is under our own root: its certificate authority may sign for every identity .* unless whoever holds the root/,
    );
  });
});

describe("Roots that peers may share", () => {
  it("are none with an own root", () => {
    const { roots, intermediates } = ownPlan({ wanted: FIRST_ROOT, last: undefined, now: "" });
    assert.deepEqual([roots, intermediates], [[], []]);
  });

  it("include former shared roots", () => {
    const former = { rootCertificates: ["before"], since: "2026-11-21T10:00:00Z" };
    const shared = { certificate: "signed", rootCertificates: ["root"], intermediate: 1 };
    assert.deepEqual(sharedPlan(shared).roots, ["root"]);
    const { roots, intermediates } = sharedPlan({ ...shared, former });
    assert.deepEqual([roots, intermediates], [["root", "before"], ["signed"]]);
  });
});
