import assert from "node:assert/strict";
import { FIRST_ROOT } from "../../../federation/authority/rotation.ts";
import { outsideCertificates } from "../../../federation/authority/source.ts";

describe("The certificates of an authority from elsewhere", () => {
  it("are none where it is the cluster's own", () => {
    const authority = { rotation: { wanted: FIRST_ROOT, now: "" } };
    assert.deepEqual(outsideCertificates(authority), { roots: [], intermediates: [] });
  });

  it("have the roots of before among them: a peer may be under them still", () => {
    const former = { rootCertificates: ["before"], since: "2026-11-21T10:00:00Z" };
    const shared = { certificate: "signed", rootCertificates: ["root"], intermediate: 1 };
    assert.deepEqual(outsideCertificates({ shared }).roots, ["root"]);
    assert.deepEqual(outsideCertificates({ shared: { ...shared, former } }), {
      roots: ["root", "before"],
      intermediates: ["signed"],
    });
  });
});
