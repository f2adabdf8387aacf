import assert from "node:assert/strict";
import {
  PHASES,
  type PeerKnowledge,
  type Rotation,
  type RotationRecord,
  judgeRotation,
  recordStep,
  rolesOf,
} from "../../federation/rotation.ts";

const NOW = new Date("2026-11-21T10:00:00Z");
const later = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);
const ROOTS = { 1: "AA", 2: "BB" };
const PEERS: PeerKnowledge[] = [{ peer: "cluster-b", roots: ["AA", "BB"] }];

const at = (generation: number, phase?: Rotation["phase"]): Rotation =>
  phase === undefined ? { generation } : { generation, phase };

function record(rotation: Rotation, signedUntil: Record<string, string> = {}): RotationRecord {
  return { ...rotation, roots: ROOTS, signedUntil };
}

const rules = (last: RotationRecord | undefined, wanted: Rotation, peers = PEERS, now = NOW): string[] =>
  judgeRotation(last, wanted, peers, 24, now).map(({ rule }) => rule);

describe("A rotation of a root", () => {
  it("goes through its phases one by one, each after an update, until the old root is gone", () => {
    let last = recordStep(undefined, at(1), { 1: "AA" }, NOW);
    for (const phase of PHASES) {
      assert.deepEqual(rules(last, at(1, phase)), []);
      last = recordStep(last, at(1, phase), ROOTS, NOW);
    }
    assert.deepEqual(last.signedUntil, { 1: NOW.toISOString() });
    assert.deepEqual(rules(last, at(2), PEERS, later(25)), []);
    last = recordStep(last, at(2), { 2: "BB" }, later(25));
    assert.deepEqual(last, { generation: 2, roots: { 2: "BB" }, signedUntil: {} });
  });

  it("never has a root sign that is not trusted, nor trusts one that is not published", () => {
    for (const phase of [undefined, ...PHASES]) {
      const { published, trusted, signing } = rolesOf(at(1, phase));
      assert.ok(trusted.includes(signing));
      assert.ok(trusted.every((root) => published.includes(root)));
    }
  });

  it("cannot begin with the first update, but any generation can", () => {
    assert.match(rules(undefined, at(1, "announce")).join(), /needs a root to begin with/);
    assert.deepEqual(rules(undefined, at(3)), []);
  });

  it("skips no phase", () => {
    assert.match(rules(record(at(1)), at(1, "trust")).join(), /skips phase 'announce'/);
    assert.match(rules(record(at(1)), at(1, "sign")).join(), /skips phase 'announce'/);
    assert.match(rules(record(at(1)), at(2)).join(), /skips phase 'announce'/);
    assert.match(rules(record(at(1, "announce")), at(1, "sign")).join(), /skips phase 'trust'/);
    assert.match(rules(record(at(1, "trust")), at(2)).join(), /drops root 1, which signs/);
  });

  it("lets nobody be behind when the new root begins to sign, and names who is", () => {
    const peers = [...PEERS, { peer: "cluster-c", roots: ["AA"] }, { peer: "cluster-d", roots: undefined }];
    assert.deepEqual(rules(record(at(1, "trust")), at(1, "sign"), peers), [
      "is too early: cluster-c, cluster-d do not trust root 2 yet (SHA-256 BB)",
    ]);
    assert.deepEqual(rules(record(at(1, "announce")), at(1, "trust"), peers), []);
  });

  it("keeps the old root until no workload can have a certificate under it", () => {
    const signing = record(at(1, "sign"), { 1: NOW.toISOString() });
    assert.match(
      rules(signing, at(2), PEERS, later(23)).join(),
      /drops root 1 while .* until 2026-11-22T10:00:00/,
    );
    assert.deepEqual(rules(signing, at(2), PEERS, later(24)), []);
  });

  it("may be abandoned in each phase but the last", () => {
    assert.deepEqual(rules(record(at(1, "announce")), at(1)), []);
    assert.deepEqual(rules(record(at(1, "trust")), at(1, "announce")), []);
    assert.deepEqual(rules(record(at(1, "trust")), at(1)), []);
    assert.deepEqual(rules(record(at(1, "sign"), { 1: NOW.toISOString() }), at(1, "trust")), []);
    const back = recordStep(record(at(1, "sign"), { 1: NOW.toISOString() }), at(1, "trust"), ROOTS, later(2));
    assert.deepEqual(back.signedUntil, { 2: later(2).toISOString() });
    assert.match(rules(back, at(1), PEERS, later(3)).join(), /drops root 2 while workloads may have/);
    assert.deepEqual(rules(back, at(1), PEERS, later(27)), []);
    assert.match(rules(record(at(2)), at(1)).join(), /skips phase 'announce'/);
  });
});
