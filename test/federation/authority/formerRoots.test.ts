import assert from "node:assert/strict";
import { formerRoots, keepFormer } from "../../../federation/authority/shared.ts";
import { fingerprintOf } from "../../../federation/x509/certificate.ts";
import { ROOT_A, ROOT_B, ROOT_C } from "../samples.ts";

const NOW = new Date("2026-11-21T10:28:15.678Z");
const SINCE = "2026-11-21T10:28:15Z";
const later = (hours: number): Date => new Date(Date.parse(SINCE) + hours * 3_600_000);

describe("Former roots", () => {
  const former = { rootCertificates: [ROOT_A], since: SINCE };

  it("are none at first and while the root stays", () => {
    assert.deepEqual(keepFormer([ROOT_B], { roots: [] }, 25, NOW), { former: undefined, notes: [] });
    assert.deepEqual(keepFormer([ROOT_B], { roots: [ROOT_B] }, 25, NOW), { former: undefined, notes: [] });
  });

  it("stay trusted when another root replaces them", () => {
    assert.deepEqual(keepFormer([ROOT_B], { roots: [ROOT_A] }, 25, NOW), { former, notes: [] });
  });

  it("stay until no workload can have a certificate issued by them, then are removed with a note", () => {
    const last = { roots: [ROOT_B], former };
    assert.deepEqual(keepFormer([ROOT_B], last, 25, later(24.9)), { former, notes: [] });
    assert.deepEqual(keepFormer([ROOT_B], last, 25, later(25)), {
      former: undefined,
      notes: [`the root in use until ${SINCE} is no longer trusted here: SHA-256 ${fingerprintOf(ROOT_A)}`],
    });
  });

  it("stay together when the root changes again meanwhile", () => {
    const again = keepFormer([ROOT_C], { roots: [ROOT_B], former }, 25, later(1));
    assert.deepEqual(again.former?.rootCertificates.length, 2);
    assert.equal(again.former.since, "2026-11-21T11:28:15Z");
    const back = keepFormer([ROOT_A], { roots: [ROOT_B], former }, 25, later(1));
    assert.deepEqual(back.former?.rootCertificates, [ROOT_B]);
  });

  it("are parsed from the stack's output", () => {
    assert.deepEqual(formerRoots.parse(former), former);
    for (const odd of [{}, { ...former, since: "today" }, { ...former, rootCertificates: [] }])
      assert.equal(formerRoots.safeParse(odd).success, false);
  });
});
