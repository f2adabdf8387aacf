import assert from "node:assert/strict";
import fc from "fast-check";
import type { Rotation } from "../../../federation/config/certificateAuthority.ts";
import {
  PHASES,
  type Phase,
  type RotationRecord,
  recordStep,
  rolesOf,
  signedUntil,
  withEvidence,
} from "../../../federation/authority/rotation.ts";
import {
  type RotationContext,
  type PeerTrustState,
  describeRotation,
  validateStep,
} from "../../../federation/authority/rotationStep.ts";
import { utc } from "../../../federation/core/text.ts";

const NOW = new Date("2026-11-21T10:00:00Z");
const later = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);
const ROOTS = { 1: "AA", 2: "BB" };
const PEERS: PeerTrustState[] = [{ peer: "cluster-b", roots: ["AA", "BB"] }];

const at = (root: number, phase: Phase): Rotation => ({ root, phase });

/** A record whose phase began a day ago by default. */
function record(rotation: Rotation, changes: Partial<RotationRecord> = {}): RotationRecord {
  return { ...rotation, since: "2026-11-20T10:00:00Z", roots: ROOTS, signedUntil: {}, ...changes };
}

/** A context in which all peers trust both roots and istiod signs with the second one. */
const context: RotationContext = {
  peers: PEERS,
  istiod: { isInstalled: true, roots: ["BB", "AA"], signer: "BB", signedUntil: {} },
  workloadCertificateHours: 24,
  settlingMinutes: 10,
  now: NOW,
};

function rules(
  last: RotationRecord | undefined,
  wanted: Rotation,
  changes: Partial<RotationContext> = {},
): string[] {
  return validateStep(last, wanted, { ...context, ...changes }).map(({ rule }) => rule);
}

/** Signed by the second root since {@link NOW}. */
const SIGNING = record(at(2, "sign"), { since: utc(NOW), signedUntil: { 1: utc(NOW) } });

const backInTrust = { istiod: { isInstalled: true, roots: ["AA", "BB"], signer: "AA", signedUntil: {} } };

describe("A phase change of a root rotation", () => {
  it("leads through the phases one by one, one per update, until the old root is dropped", () => {
    let last = recordStep({ wanted: at(1, "drop"), last: undefined, now: utc(NOW) }, { 1: "AA" });
    let now = NOW;
    for (const phase of PHASES) {
      now = new Date(now.getTime() + (phase === "drop" ? 25 : 1) * 3_600_000);
      assert.deepEqual(rules(last, at(2, phase), { now }), []);
      last = recordStep({ wanted: at(2, phase), last, now: utc(now) }, ROOTS);
    }
    assert.deepEqual(rules(last, at(3, "announce"), { now }), []);
  });

  it("needs an existing root", () => {
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

  it("to a new signer waits until all peers trust it, and names those that do not", () => {
    const peers = [...PEERS, { peer: "cluster-c", roots: ["AA"] }, { peer: "cluster-d", roots: undefined }];
    const behind = "is too early: root 2 (SHA-256 BB) is not trusted yet by";
    assert.deepEqual(rules(record(at(2, "trust")), at(2, "sign"), { peers }), [
      `${behind} peer cluster-c, peer cluster-d (cannot be read)`,
    ]);
    assert.deepEqual(rules(record(at(2, "announce")), at(2, "trust"), { peers }), []);
    assert.match(
      rules(SIGNING, at(2, "drop"), { peers, now: later(25) }).join(),
      /peer cluster-c, peer cluster-d/,
    );
    const istiod = { isInstalled: true, roots: ["AA"], signer: "AA", signedUntil: {} };
    assert.deepEqual(rules(record(at(2, "trust")), at(2, "sign"), { istiod }), [
      `${behind} this cluster's istiod`,
    ]);
  });

  it("to a new signer waits until every replica of istiod trusts it", () => {
    const now = later(0.1);
    assert.deepEqual(rules(record(at(2, "trust"), { since: utc(NOW) }), at(2, "sign"), { now }), [
      "is too early: root 2 is trusted here since 2026-11-21T10:00:00Z, and has reached every istiod and proxy by 2026-11-21T10:10:00Z only",
    ]);
  });

  it("drops the old root once istiod signs with the new one and no old certificate is valid", () => {
    assert.deepEqual(rules(SIGNING, at(2, "drop"), { now: later(23) }), [
      "drops root 1 while workloads may have certificates under it, until 2026-11-22T10:10:00Z",
    ]);
    assert.deepEqual(rules(SIGNING, at(2, "drop"), { now: later(25) }), []);
    const istiod = { isInstalled: true, roots: ["AA", "BB"], signer: "BB", signedUntil: {} };
    assert.deepEqual(rules(SIGNING, at(2, "drop"), { now: later(25), istiod }), [
      "drops root 1 while this cluster's istiod has not taken root 2 in to sign with",
    ]);
  });

  it("drops the old root at once with a wait of 0, except for the time istiod needs to reload", () => {
    const restarted = { workloadCertificateHours: 0 };
    assert.match(rules(SIGNING, at(2, "drop"), restarted).join(), /until 2026-11-21T10:10:00Z$/);
    assert.deepEqual(rules(SIGNING, at(2, "drop"), { ...restarted, now: later(0.2) }), []);
  });

  it("may go back in each phase except the last", () => {
    assert.deepEqual(rules(record(at(2, "announce")), at(1, "drop"), backInTrust), []);
    assert.deepEqual(rules(record(at(2, "trust")), at(2, "announce"), backInTrust), []);
    assert.deepEqual(rules(record(at(2, "trust")), at(1, "drop"), backInTrust), []);
    assert.deepEqual(rules(SIGNING, at(2, "trust")), []);
    const back = recordStep({ wanted: at(2, "trust"), last: SIGNING, now: utc(later(2)) }, ROOTS);
    const out = (hours: number) => rules(back, at(1, "drop"), { ...backInTrust, now: later(hours) });
    assert.match(out(3).join(), /drops root 2 while workloads may have/);
    const announced = rules(back, at(2, "announce"), { ...backInTrust, now: later(3) });
    assert.match(announced.join(), /drops root 2 while workloads may have/);
    assert.deepEqual(out(27), []);
    assert.match(rules(record(at(2, "drop")), at(2, "sign")).join(), /is root 1, which was dropped/);
    assert.match(rules(record(at(2, "drop")), at(1, "drop")).join(), /is root 1, which was dropped/);
  });

  it("leaves no valid certificate untrusted, on any path and with any failed update", () => {
    const near = fc.record({
      by: fc.integer({ min: -2, max: 2 }),
      fails: fc.boolean(),
      pause: fc.integer({ min: 0, max: 30 }),
    });
    // All steps there are, in the order of the way on.
    const stations = [
      at(1, "drop"),
      ...PHASES.map((phase) => at(2, phase)),
      ...PHASES.map((phase) => at(3, phase)),
    ];
    fc.assert(
      fc.property(fc.array(near, { maxLength: 40 }), (walk) => {
        const fingerprints = ({ published }: { published: number[] }) =>
          Object.fromEntries(published.map((root) => [root, `root ${root}`]));
        let last = recordStep({ wanted: at(1, "drop"), last: undefined, now: utc(NOW) }, { 1: "root 1" });
        let station = 0;
        let hours = 0;
        /** Roots in use by the cluster, recorded or not. */
        let real = rolesOf(last);
        let written: Record<string, string> = {};
        /** Expiry of the last certificate issued by each root, in hours. */
        const leaves = new Map<number, number>();
        for (const { by, fails, pause } of walk) {
          leaves.set(real.signing, hours + pause + 24);
          hours += pause;
          const wanted = stations[Math.min(Math.max(station + by, 0), stations.length - 1)]!;
          const now = later(hours);
          const istiod = {
            isInstalled: true,
            roots: [real.signing, ...real.trusted].map((root) => `root ${root}`),
            signer: `root ${real.signing}`,
            signedUntil: written,
          };
          const known = withEvidence(last, istiod, utc(now));
          if (rules(known, wanted, { peers: [], istiod, now }).length > 0) continue;
          const plan = { wanted, last: known, now: utc(now) };
          real = rolesOf(wanted);
          written = signedUntil(plan);
          const alive = [...leaves].filter(([, end]) => end > hours).map(([root]) => root);
          assert.ok([...alive, real.signing].every((root) => real.trusted.includes(root)));
          if (fails) continue;
          last = recordStep(plan, fingerprints(real));
          station = stations.indexOf(wanted);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("The status of a rotation", () => {
  const describeAt = (last: RotationRecord, peers = PEERS) => describeRotation(last, { ...context, peers });

  it("states which phase can follow, or why it must wait", () => {
    assert.equal(describeAt(record(at(2, "drop"))), undefined);
    assert.equal(describeAt(record(at(2, "trust"))), "Root 2 is in phase 'trust'; phase 'sign' can follow");
    assert.equal(
      describeAt(record(at(2, "trust")), [{ peer: "cluster-c", roots: [] }]),
      "Root 2 is in phase 'trust'; phase 'sign' has to wait, as it is too early: root 2 (SHA-256 BB) is not trusted yet by peer cluster-c",
    );
  });
});
