import assert from "node:assert/strict";
import fc from "fast-check";
import {
  PHASES,
  type Phase,
  type Rotation,
  type RotationRecord,
  recordStep,
  rolesOf,
} from "../../federation/rotation.ts";
import { type Truster, describeRotation, judgeStep } from "../../federation/rotationStep.ts";

const NOW = new Date("2026-11-21T10:00:00Z");
const later = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);
const ROOTS = { 1: "AA", 2: "BB" };
const ALL: Truster[] = [{ who: "peer cluster-b", roots: ["AA", "BB"] }];

const at = (root: number, phase: Phase): Rotation => ({ root, phase });

function record(rotation: Rotation, signedUntil: Record<string, string> = {}): RotationRecord {
  return { ...rotation, roots: ROOTS, signedUntil };
}

function rules(last: RotationRecord | undefined, wanted: Rotation, trusters = ALL, now = NOW): string[] {
  return judgeStep(last, wanted, { trusters, workloadCertificateHours: 24, now }).map(({ rule }) => rule);
}

/** Signed by the second root since {@link NOW}. */
const SIGNING = record(at(2, "sign"), { 1: NOW.toISOString() });

describe("A step of a rotation", () => {
  it("leads through the phases one by one, each after an update, until the old root is gone", () => {
    let last = recordStep({ wanted: at(1, "drop"), now: NOW.toISOString() }, { 1: "AA" });
    for (const phase of PHASES) {
      const now = phase === "drop" ? later(25) : NOW;
      assert.deepEqual(rules(last, at(2, phase), ALL, now), []);
      last = recordStep({ wanted: at(2, phase), last, now: now.toISOString() }, ROOTS);
    }
    assert.deepEqual(rules(last, at(3, "announce")), []);
  });

  it("needs a root to begin with, which may be any", () => {
    assert.match(rules(undefined, at(2, "announce")).join(), /needs a root to begin with/);
    assert.deepEqual(rules(undefined, at(3, "drop")), []);
  });

  it("skips no phase and no root", () => {
    const skipped = (last: Rotation, wanted: Rotation): string => rules(record(last), wanted).join();
    assert.match(skipped(at(1, "drop"), at(2, "trust")), /skips phase 'announce': root 2 has not/);
    assert.match(skipped(at(1, "drop"), at(2, "sign")), /skips phase 'announce'/);
    assert.match(skipped(at(1, "drop"), at(2, "drop")), /skips phase 'announce'/);
    assert.match(skipped(at(2, "announce"), at(2, "sign")), /skips phase 'trust'/);
    assert.match(skipped(at(2, "trust"), at(2, "drop")), /drops root 1, which signs/);
    assert.match(skipped(at(1, "drop"), at(3, "announce")), /skips roots between 1 and 3/);
    assert.match(skipped(at(2, "sign"), at(2, "announce")), /drops root 2, which signs/);
  });

  it("to a new signer waits for everybody's trust, and names who is behind", () => {
    const trusters = [
      ...ALL,
      { who: "peer cluster-c", roots: ["AA"] },
      { who: "peer cluster-d", roots: undefined },
    ];
    assert.deepEqual(rules(record(at(2, "trust")), at(2, "sign"), trusters), [
      "is too early: root 2 (SHA-256 BB) is not trusted yet by peer cluster-c, peer cluster-d (cannot be read)",
    ]);
    assert.deepEqual(rules(record(at(2, "announce")), at(2, "trust"), trusters), []);
    assert.match(rules(SIGNING, at(2, "drop"), trusters, later(25)).join(), /cluster-c, peer cluster-d/);
  });

  it("drops the old root only when no workload can have a certificate under it", () => {
    assert.deepEqual(rules(SIGNING, at(2, "drop"), ALL, later(23)), [
      "drops root 1 while workloads may have certificates under it, until 2026-11-22T10:00:00Z",
    ]);
    assert.deepEqual(rules(SIGNING, at(2, "drop"), ALL, later(24)), []);
  });

  it("may lead back in each phase but the last", () => {
    assert.deepEqual(rules(record(at(2, "announce")), at(1, "drop")), []);
    assert.deepEqual(rules(record(at(2, "trust")), at(2, "announce")), []);
    assert.deepEqual(rules(record(at(2, "trust")), at(1, "drop")), []);
    assert.deepEqual(rules(SIGNING, at(2, "trust")), []);
    const back = recordStep({ wanted: at(2, "trust"), last: SIGNING, now: later(2).toISOString() }, ROOTS);
    assert.match(rules(back, at(1, "drop"), ALL, later(3)).join(), /drops root 2 while workloads may have/);
    assert.deepEqual(rules(back, at(1, "drop"), ALL, later(27)), []);
    assert.match(rules(record(at(2, "drop")), at(2, "sign")).join(), /asks for root 1, which was dropped/);
    assert.match(rules(record(at(2, "drop")), at(1, "drop")).join(), /asks for root 1, which was dropped/);
  });

  it("never leaves a certificate behind that somebody does not trust, whatever way it goes", () => {
    const anywhere = fc.record({ root: fc.integer({ min: 1, max: 3 }), phase: fc.constantFrom(...PHASES) });
    const walk = fc.array(fc.tuple(anywhere, fc.integer({ min: 0, max: 30 })), { maxLength: 30 });
    fc.assert(
      fc.property(walk, (steps) => {
        let last = recordStep({ wanted: at(1, "drop"), now: NOW.toISOString() }, { 1: "AA" });
        let hours = 0;
        /** When the last certificate under a root ends. */
        const leaves = new Map<number, number>([[1, 24]]);
        for (const [wanted, pause] of steps) {
          hours += pause;
          // Until now the root that signed has been signing.
          leaves.set(rolesOf(last).signing, hours + 24);
          if (rules(last, wanted, [], later(hours)).length > 0) continue;
          const { trusted, published, signing } = rolesOf(wanted);
          const roots = Object.fromEntries(published.map((root) => [root, `root ${root}`]));
          const alive = [...leaves].filter(([, end]) => end > hours).map(([root]) => root);
          assert.ok([...alive, signing].every((root) => trusted.includes(root)));
          last = recordStep({ wanted, last, now: later(hours).toISOString() }, roots);
        }
      }),
    );
  });
});

describe("The standing of a rotation", () => {
  const describeAt = (last: RotationRecord, trusters = ALL) =>
    describeRotation(last, { trusters, workloadCertificateHours: 24, now: NOW });

  it("says which phase can follow, or why it has to wait", () => {
    assert.equal(describeAt(record(at(2, "drop"))), undefined);
    assert.equal(describeAt(record(at(2, "trust"))), "Root 2 is in phase 'trust'; phase 'sign' can follow");
    assert.equal(
      describeAt(record(at(2, "trust")), [{ who: "peer cluster-c", roots: [] }]),
      "Root 2 is in phase 'trust'; phase 'sign' has to wait, as it is too early: root 2 (SHA-256 BB) is not trusted yet by peer cluster-c",
    );
  });
});
