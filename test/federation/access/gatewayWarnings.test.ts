import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { CallerRules } from "../../../federation/config/callers.ts";
import type { Offer } from "../../../federation/exports/offer.ts";
import { barOffer, http, mesh, policiesFor, tcp, decidePolicies } from "./callersFixture.ts";

const warningsFor = (rule: CallerRules, changes: Partial<Offer>) =>
  policiesFor(rule, { via: "terminated", ...changes }).warnings;

describe("A warning about a TLS-terminating gateway", () => {
  const mixed = { ports: [http, tcp] };

  it("concerns ports that are not HTTP where some callers are denied", () => {
    for (const [rule, changes] of [
      [{ callers: [{ namespaces: ["client"] }] }, mixed],
      [{}, { ...mixed, audience: ["cluster-a"] }],
      [{ localCallers: [{ namespaces: ["xyz"] }] }, mixed],
    ] as [CallerRules, Partial<Offer>][]) {
      const [warning, ...more] = warningsFor(rule, changes);
      assert.deepEqual(more, []);
      assert.deepEqual([warning?.path, warning?.value], ["Service shop/bar.ports", ["tcp"]]);
      assert.match(warning?.rule ?? "", /not HTTP.* only when it sends: .* what the server sends first/);
    }
  });

  it("does not appear where all callers are allowed, all ports are HTTP, or the workload denies", () => {
    assert.deepEqual(warningsFor({}, mixed), []);
    assert.deepEqual(warningsFor({ callers: [] }, { ports: [http] }), []);
    assert.deepEqual(policiesFor({ callers: [] }, mixed).warnings, []);
  });

  it("appears once for too many Services with restrictions of their own", () => {
    const many = (count: number, rule: (index: number) => CallerRules) =>
      decidePolicies(
        Array.from({ length: count }, (_, index) => {
          const name = `s${index}`;
          return barOffer(rule(index), { name, selector: { app: name }, via: "terminated" });
        }),
        mesh,
      ).warnings;
    const ownRule = (index: number) => ({ callers: [{ serviceAccounts: [`client/s${index % 2}`] }] });
    assert.deepEqual(many(200, ownRule), []);
    const [warning, ...more] = many(201, ownRule);
    assert.deepEqual(more, []);
    assert.equal(warning?.path, "exports");
    assert.match(warning.rule, /terminates TLS at 201 port\(s\) and restricts callers by SNI at 201 of them/);
    // With one common rule, or few restrictions, the policy grows linearly.
    assert.deepEqual(
      many(400, () => ownRule(0)),
      [],
    );
    assert.deepEqual(
      many(400, (index) => (index < 50 ? ownRule(0) : {})),
      [],
    );
  });
});
