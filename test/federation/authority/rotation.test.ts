import assert from "node:assert/strict";
import fc from "fast-check";
import type { Rotation } from "../../../federation/config/certificateAuthority.ts";
import {
  FIRST_ROOT,
  PHASES,
  type Phase,
  type RotationRecord,
  nextPhase,
  parseSignedUntil,
  recordStep,
  rolesOf,
  signedUntil,
  withEvidence,
} from "../../../federation/authority/rotation.ts";

const EARLIER = "2026-11-21T09:00:00Z";
const NOW = "2026-11-21T10:00:00Z";
const [AA, BB] = ["AA", "BB"].map((pair) => Array(32).fill(pair).join(":")) as [string, string];

const at = (root: number, phase: Phase): Rotation => ({ root, phase });

describe("The roots of a cluster", () => {
  it("are one without a rotation, and two during one", () => {
    assert.deepEqual(rolesOf(FIRST_ROOT), { published: [1], trusted: [1], signing: 1 });
    assert.deepEqual(rolesOf(at(2, "announce")), { published: [1, 2], trusted: [1], signing: 1 });
    assert.deepEqual(rolesOf(at(2, "trust")), { published: [1, 2], trusted: [1, 2], signing: 1 });
    assert.deepEqual(rolesOf(at(2, "sign")), { published: [1, 2], trusted: [1, 2], signing: 2 });
    assert.deepEqual(rolesOf(at(2, "drop")), { published: [2], trusted: [2], signing: 2 });
  });

  it("sign only while trusted here, and are trusted here only while published", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 99 }), fc.constantFrom(...PHASES), (root, phase) => {
        const { published, trusted, signing } = rolesOf({ root, phase });
        assert.ok(trusted.includes(signing));
        assert.ok(trusted.every((each) => published.includes(each)));
      }),
    );
  });

  it("pass through four phases", () => {
    assert.deepEqual(nextPhase(at(2, "announce")), at(2, "trust"));
    assert.deepEqual(nextPhase(at(2, "trust")), at(2, "sign"));
    assert.deepEqual(nextPhase(at(2, "sign")), at(2, "drop"));
    assert.equal(nextPhase(at(2, "drop")), undefined);
  });
});

describe("The record of a rotation", () => {
  const trusting: RotationRecord = {
    ...at(2, "trust"),
    since: EARLIER,
    roots: { 1: AA, 2: BB },
    signedUntil: {},
  };

  /** Each root stays the one it was. */
  function step(last: RotationRecord, wanted: Rotation, now: string): RotationRecord {
    const roots = Object.fromEntries(rolesOf(wanted).published.map((root) => [root, root === 1 ? AA : BB]));
    return recordStep({ wanted, last, now }, roots);
  }

  it("has when a former root signed last, until that root is dropped", () => {
    const signing = step(trusting, at(2, "sign"), NOW);
    assert.deepEqual(signing, {
      ...at(2, "sign"),
      since: NOW,
      roots: trusting.roots,
      signedUntil: { 1: NOW },
    });
    assert.deepEqual(step(signing, at(2, "drop"), "2026-11-23T10:00:00Z"), {
      ...at(2, "drop"),
      since: "2026-11-23T10:00:00Z",
      roots: { 2: BB },
      signedUntil: {},
    });
  });

  it("swaps the former root when the first one signs again", () => {
    const signing = step(trusting, at(2, "sign"), NOW);
    const back = step(signing, at(2, "trust"), "2026-11-21T12:00:00Z");
    assert.deepEqual(back.signedUntil, { 2: "2026-11-21T12:00:00Z" });
  });

  it("stays the same when nothing changes", () => {
    const signing = step(trusting, at(2, "sign"), NOW);
    assert.deepEqual(step(signing, at(2, "sign"), "2026-11-22T10:00:00Z"), signing);
  });

  it("is corrected by the signer that a failed update left in the cluster", () => {
    const seen = (signer: string | undefined, until: Record<string, string> = {}) =>
      withEvidence(trusting, { signer, signedUntil: until }, NOW).signedUntil;
    assert.deepEqual(seen(BB), { 2: NOW });
    for (const signer of [AA, undefined, "another"]) assert.deepEqual(seen(signer), {});
    assert.deepEqual(seen(AA, { 2: EARLIER, 3: EARLIER }), { 2: EARLIER }, "two updates in a row failed");
    const known = { ...trusting, signedUntil: { 2: NOW } };
    const evidence = { signer: AA, signedUntil: { 2: EARLIER } };
    assert.deepEqual(withEvidence(known, evidence, NOW).signedUntil, { 2: NOW }, "the later one counts");
  });

  it("round-trips with the certificates as PEM", () => {
    const until = signedUntil({ wanted: at(2, "sign"), last: trusting, now: NOW });
    assert.deepEqual(parseSignedUntil(JSON.stringify(until)), { 1: NOW });
    for (const text of ["", "[]", '{"1": "soon"}']) assert.deepEqual(parseSignedUntil(text), {});
  });
});
