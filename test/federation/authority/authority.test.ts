import assert from "node:assert/strict";
import { ownPlan, sharedPlan } from "../../../federation/authority/authority.ts";
import { FIRST_ROOT } from "../../../federation/authority/rotation.ts";

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
