import assert from "node:assert/strict";
import { describe, it } from "mocha";
import {
  FIRST_FAULTS,
  FaultsError,
  describeFault,
  firstFaults,
  pathOf,
  within,
} from "../../../federation/core/fault.ts";

describe("A fault", () => {
  const fault = { path: "peers.b.stack", value: "x/y", rule: "must be a stack", remedy: "Write one" };

  it("is formatted as path, value, rule and remedy", () => {
    assert.equal(describeFault(fault), 'peers.b.stack: "x/y" must be a stack. Write one.');
  });

  it("is listed with all others of its source", () => {
    const { message } = new FaultsError("config of stack a", [fault, { ...fault, path: "cluster" }]);
    assert.match(message, /^config of stack a has 2 fault\(s\):\n {2}- peers\.b\.stack: .*\n {2}- cluster: /);
  });

  it("has no path when it concerns the whole", () => {
    assert.equal(describeFault({ ...fault, path: "" }), '"x/y" must be a stack. Write one.');
  });

  it("is listed among the first of very many, with a count of the rest", () => {
    const faults = Array.from({ length: 100_000 }, (_, index) => ({ ...fault, path: `p${index}` }));
    const error = new FaultsError("config", faults);
    assert.match(error.message, /^config has 100,000 fault\(s\):\n {2}- p0: /);
    assert.match(error.message, /\n {2}- p19: .*\n {2}- and 99,980 more$/);
    assert.ok(error.message.length < 5000);
    assert.equal(error.faults.length, 100_000);
  });

  it("stands for further faults of one entry", () => {
    const faults = Array.from({ length: 12 }, () => fault);
    assert.deepEqual(firstFaults(faults.slice(0, FIRST_FAULTS)), faults.slice(0, FIRST_FAULTS));
    const [last] = firstFaults(faults, 1000).slice(FIRST_FAULTS);
    assert.equal(last?.rule, "has at least 990 more fault(s)");
  });

  it("has a path in config syntax", () => {
    assert.equal(
      pathOf("services", "bar.xyz.svc.b", "ports", 0, "name"),
      'services["bar.xyz.svc.b"].ports[0].name',
    );
    assert.equal(pathOf("peers", "cluster-b"), "peers.cluster-b");
    assert.equal(within("peers.b", { ...fault, path: "[0].x" }).path, "peers.b[0].x");
    assert.equal(within("peers.b", { ...fault, path: "" }).path, "peers.b");
  });
});
