import assert from "node:assert/strict";
import { importFromJson, importToJson } from "../../../federation/imports/import.ts";
import { entriesOf, moved, readWork, servicesOf, WORK_VARIABLE, type Work } from "../../../lab/bench/work.ts";

const WORK: Work = {
  kubeconfig: { path: "/nowhere", context: "cluster-a" },
  namespace: "imports",
  peer: "cluster-c",
  services: 20,
  exportTo: ["clients"],
  gateway: { address: "203.0.113.10", port: 15443 },
  revision: 0,
};

/** Number of entries that differ between two versions of what is declared. */
function changed(one: Work, other: Work): number {
  const texts = entriesOf(one).map((entry) => JSON.stringify(entry));
  return entriesOf(other).filter((entry, index) => JSON.stringify(entry) !== texts[index]).length;
}

describe("what the benchmark declares", () => {
  it("is as many services as asked for, each under its own name, and valid", () => {
    const services = servicesOf(WORK);
    assert.equal(new Set(services.map(([host]) => host)).size, 20);
    for (const [, service] of services) assert.deepEqual(importFromJson(importToJson(service)), service);
  });

  it("changes in one entry with the revision, and in every entry with the gateway", () => {
    assert.equal(changed(WORK, WORK), 0);
    assert.equal(changed(WORK, { ...WORK, revision: 1 }), 1);
    assert.equal(changed({ ...WORK, revision: 1 }, { ...WORK, revision: 2 }), 1);
    assert.equal(changed(WORK, moved(WORK)), 20);
  });

  it("reaches the program through a variable", () => {
    assert.deepEqual(readWork({ [WORK_VARIABLE]: JSON.stringify(WORK) }), WORK);
    assert.throws(() => readWork({}), /npm run bench/);
  });
});
