import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { ImportRule } from "../../../federation/config/importRules.ts";
import { matchesRule, toPeerService } from "../../../federation/imports/importChoice.ts";

const DOMAIN = "cluster-b.local";
const bar = toPeerService("bar.xyz.svc.cluster-b.local", DOMAIN, { tier: "gold", app: "bar" });

describe("A service that a peer exports", () => {
  it("has name and namespace where its host has that form", () => {
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
  for (const [what, rule, isMatch] of [
    ["without conditions", {}, true],
    ["of its namespace", { namespace: ["xyz"] }, true],
    ["of a pattern of namespaces", { namespace: ["team-*", "x*"] }, true],
    ["of other namespaces", { namespace: ["team-*", "x"] }, false],
    ["of its name", { service: ["bar"] }, true],
    ["of its name and another namespace", { service: ["bar"], namespace: ["abc"] }, false],
    ["of a pattern of full names", { host: ["*.svc.cluster-b.local"] }, true],
    ["of another full name", { host: ["bar.xyz.svc.cluster-c.local"] }, false],
    ["of labels that it has", { selector: { tier: "gold", app: "bar" } }, true],
    ["of another value of its label", { selector: { tier: "silver" } }, false],
    ["of a label that it lacks", { selector: { tier: "gold", team: "pay" } }, false],
    ["of its namespace and a label that it lacks", { namespace: ["xyz"], selector: { a: "b" } }, false],
  ] as [string, ImportRule, boolean][]) {
    it(`${what} ${isMatch ? "matches" : "does not match"} a service`, () => {
      assert.equal(matchesRule(rule, bar), isMatch);
    });
  }

  it("matches a service without name and namespace unless it requires one", () => {
    const pod = toPeerService("db-0.db.xyz.svc.cluster-b.local", DOMAIN);
    assert.ok(matchesRule({ host: ["db-0.*"] }, pod));
    assert.ok(!matchesRule({ namespace: ["*"] }, pod));
    assert.ok(!matchesRule({ service: ["*"] }, pod));
  });
});
