import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { FaultsError, describeFault, pathOf, within } from "../../federation/fault.ts";
import { quote } from "../../federation/quote.ts";

describe("A fault", () => {
  const fault = { path: "peers.b.stack", value: "x/y", rule: "must be a stack", remedy: "Write one" };

  it("is told in one line: where, what, which rule, what to do", () => {
    assert.equal(describeFault(fault), 'peers.b.stack: "x/y" must be a stack. Write one.');
  });

  it("comes with all others of its source", () => {
    const { message } = new FaultsError("config of stack a", [fault, { ...fault, path: "cluster" }]);
    assert.match(message, /^config of stack a has 2 fault\(s\):\n {2}- peers\.b\.stack: .*\n {2}- cluster: /);
  });

  it("quotes hostile values short and without characters that a terminal acts on", () => {
    assert.equal(quote("x".repeat(1000)).length, 121);
    assert.equal(quote("a\u001b[2J\u202e\u009b\nb"), '"a\\u001b[2J\\u{202e}\\u{9b}\\nb"');
  });

  it("has a path as one would write it", () => {
    assert.equal(
      pathOf("services", "bar.xyz.svc.b", "ports", 0, "name"),
      'services["bar.xyz.svc.b"].ports[0].name',
    );
    assert.equal(pathOf("peers", "cluster-b"), "peers.cluster-b");
    assert.equal(within("peers.b", { ...fault, path: "[0].x" }).path, "peers.b[0].x");
    assert.equal(within("peers.b", { ...fault, path: "" }).path, "peers.b");
  });
});
