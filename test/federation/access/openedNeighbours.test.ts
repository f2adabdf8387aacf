import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { callerPolicies } from "../../../federation/access/policies.ts";
import type { GuardedService } from "../../../federation/access/policyTarget.ts";
import { guarded, http, mesh } from "./callersFixture.ts";
import { letsIn } from "./policyEvaluator.ts";

const GATEWAY = "b.local/ns/istio-gateway/sa/eastwestgateway";

describe("The gateway that opens calls of a Service which shares workloads with another one", () => {
  it("is the only way for peers: Services that share the workloads leave its ports open to none of them", () => {
    const other = { ...http, number: 81, targetPorts: [9090] };
    const foo = guarded({ callers: [{ peer: "cluster-a" }] }, { name: "foo", ports: [other] });
    const { policies } = callerPolicies([foo, guarded({}, { terminated: true })], mesh);
    const atWorkload = policies.filter(({ namespace }) => namespace === "shop").map(({ spec }) => spec);
    const takes = (principal: string, port: number) => letsIn(atWorkload, { principal, port }, "b.local");
    assert.ok(takes("a.local/ns/client/sa/sleep", 9090) && takes(GATEWAY, 8080));
    assert.ok(!takes("a.local/ns/client/sa/sleep", 8080));
  });

  it("gets to a workload past a Service that shares it, is passed on, and lets some local callers in only", () => {
    const localCallers = [{ namespaces: ["xyz"] }];
    const other = { ...http, number: 81, name: "other", targetPorts: [9090] };
    const foo = guarded({ localCallers }, { name: "foo", ports: [http, other] });
    for (const rule of [{ localCallers }, {}]) {
      const { policies, warnings } = callerPolicies([foo, guarded(rule, { terminated: true })], mesh);
      const atWorkload = policies.filter(({ namespace }) => namespace === "shop").map(({ spec }) => spec);
      const takes = (principal: string, port: number) => letsIn(atWorkload, { principal, port }, "b.local");
      assert.ok(takes(GATEWAY, 8080));
      assert.ok(!takes("b.local/ns/istio-gateway/sa/other", 8080) && !takes("b.local/ns/shop/sa/web", 8080));
      // It is led to no port that is passed on only.
      assert.ok(!takes(GATEWAY, 9090) && takes("b.local/ns/xyz/sa/web", 9090));
      assert.equal(warnings.length, "localCallers" in rule ? 0 : 1);
    }
  });

  it("makes the difference which of two Services' rules holds the callers of a port, of which a warning tells", () => {
    const warn = (one: Partial<GuardedService>, other: Partial<GuardedService>) =>
      callerPolicies([guarded({}, { name: "foo", ...one }), guarded({}, other)], mesh).warnings;
    const opened = { terminated: true as const, peers: ["cluster-a"] };
    const [warning, ...more] = warn({ peers: ["cluster-c"] }, opened);
    assert.deepEqual(more, []);
    assert.equal(warning?.path, "Service shop/foo.ports");
    assert.match(
      warning.rule,
      /those of bar too, for other callers, and the gateway opens calls of one of the two only: .* whatever the other's rule says/,
    );
    assert.deepEqual(warn({ peers: ["cluster-a"] }, opened), []);
    assert.match(
      warn({ peers: ["cluster-c"], terminated: true }, opened)[0]?.rule ?? "",
      /only whom both admit/,
    );
  });
});
