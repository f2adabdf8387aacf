import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { clusterNames } from "../../../federation/exports/exportPlan.ts";

const PINNED = { clusterDomain: "b.local", trustDomain: "b.local", rootCertificates: [] };

describe("The cluster name of a peer", () => {
  const nameOf = (
    reading: Parameters<typeof clusterNames>[1][string] | undefined,
    pinned?: string,
    held?: string,
  ) =>
    clusterNames(
      { b: { stack: "b", ...(held === undefined ? {} : { identity: { cluster: held } }) } },
      reading === undefined ? {} : { b: reading },
      pinned === undefined ? {} : { b: { ...PINNED, cluster: pinned } },
    )["b"];

  it("is the published one", () => {
    assert.equal(nameOf({ contract: { cluster: "published" } }, "pinned"), "published");
  });

  it("is the pinned one without a valid published one", () => {
    for (const contract of [undefined, null, 5, {}, { cluster: 5 }, { cluster: "No Name" }])
      assert.equal(nameOf({ contract }, "pinned"), "pinned");
    assert.equal(nameOf({ pending: "away" }, "pinned"), "pinned");
  });

  it("is the configured one first", () => {
    assert.equal(nameOf({ contract: { cluster: "published" } }, "pinned", "held"), "held");
  });

  it("is its name in our config otherwise", () => {
    assert.equal(nameOf(undefined), "b");
    assert.deepEqual(clusterNames({ constructor: { stack: "b" } }, {}, {}), { constructor: "constructor" });
  });
});
