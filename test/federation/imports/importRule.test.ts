import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { ImportRule } from "../../../federation/config/importRules.ts";
import { matchesRule, toPeerService } from "../../../federation/imports/importChoice.ts";

const DOMAIN = "cluster-b.local";
const bar = toPeerService("bar.xyz.svc.cluster-b.local", DOMAIN, { tier: "gold", app: "bar" });

describe("A service as a peer offers it", () => {
  it("has a name and a namespace where its host is of that form, and else neither", () => {
    assert.deepEqual([bar.name, bar.namespace], ["bar", "xyz"]);
    for (const host of [
      "db-0.db.xyz.svc.cluster-b.local",
      "xyz.svc.cluster-b.local",
      "bar.xyz.svc.elsewhere",
      "bar.xyz.xsvc.cluster-b.local",
    ]) {
      assert.deepEqual(toPeerService(host, DOMAIN), { host, labels: {} });
    }
  });
});

describe("An import rule", () => {
  for (const [what, rule, isMeant] of [
    ["that says nothing", {}, true],
    ["of its namespace", { namespace: ["xyz"] }, true],
    ["of a pattern of namespaces", { namespace: ["team-*", "x*"] }, true],
    ["of other namespaces", { namespace: ["team-*", "x"] }, false],
    ["of its name", { service: ["bar"] }, true],
    ["of its name and another namespace", { service: ["bar"], namespace: ["abc"] }, false],
    ["of a pattern of full names", { host: ["*.svc.cluster-b.local"] }, true],
    ["of another full name", { host: ["bar.xyz.svc.cluster-c.local"] }, false],
    ["of labels that it has", { selector: { tier: "gold", app: "bar" } }, true],
    ["of a label that it has otherwise", { selector: { tier: "silver" } }, false],
    ["of a label that it has not", { selector: { tier: "gold", team: "pay" } }, false],
    ["of its namespace and a label that it has not", { namespace: ["xyz"], selector: { a: "b" } }, false],
  ] as [string, ImportRule, boolean][]) {
    it(`${what} ${isMeant ? "means" : "does not mean"} a service`, () => {
      assert.equal(matchesRule(rule, bar), isMeant);
    });
  }

  it("means a service without a name and namespace unless it asks for one", () => {
    const pod = toPeerService("db-0.db.xyz.svc.cluster-b.local", DOMAIN);
    assert.ok(matchesRule({ host: ["db-0.*"] }, pod));
    assert.ok(!matchesRule({ namespace: ["*"] }, pod));
    assert.ok(!matchesRule({ service: ["*"] }, pod));
  });
});
