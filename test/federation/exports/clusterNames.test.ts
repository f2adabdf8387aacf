import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { clusterNames } from "../../../federation/exports/exportPlan.ts";

const PINNED = { clusterDomain: "b.local", trustDomain: "b.local", rootCertificates: [] };

describe("What a peer calls itself", () => {
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

  it("is what it publishes", () => {
    assert.equal(nameOf({ contract: { cluster: "published" } }, "pinned"), "published");
  });

  it("is what it is pinned to while nothing is published that could be a name", () => {
    for (const contract of [undefined, null, 5, {}, { cluster: 5 }, { cluster: "No Name" }])
      assert.equal(nameOf({ contract }, "pinned"), "pinned");
    assert.equal(nameOf({ pending: "away" }, "pinned"), "pinned");
  });

  it("is what the config holds it to", () => {
    assert.equal(nameOf({ contract: { cluster: "published" } }, "pinned", "held"), "held");
  });

  it("is our name for it as long as nobody knows another", () => {
    assert.equal(nameOf(undefined), "b");
    assert.deepEqual(clusterNames({ constructor: { stack: "b" } }, {}, {}), { constructor: "constructor" });
  });
});
