import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Offer } from "../../../federation/exports/offer.ts";
import { barOffer, http, mesh, decidePolicies } from "./callersFixture.ts";
import { allowsCall } from "./policyEvaluator.ts";

const GATEWAY = "b.local/ns/istio-gateway/sa/eastwestgateway";

describe("A TLS-terminating gateway of a Service that shares workloads with another one", () => {
  it("is peers' only access to its ports, also past other Services of the workloads", () => {
    const other = { ...http, number: 81, targetPorts: [9090] };
    const foo = barOffer({ callers: [{ peer: "cluster-a" }] }, { name: "foo", ports: [other] });
    const { policies } = decidePolicies([foo, barOffer({}, { via: "terminated" })], mesh);
    const atWorkload = policies.filter(({ namespace }) => namespace === "shop").map(({ spec }) => spec);
    const workloadAllows = (principal: string, port: number) =>
      allowsCall(atWorkload, { principal, port }, "b.local");
    assert.ok(workloadAllows("a.local/ns/client/sa/sleep", 9090) && workloadAllows(GATEWAY, 8080));
    assert.ok(!workloadAllows("a.local/ns/client/sa/sleep", 8080));
  });

  it("reaches its ports of a workload whose other Service restricts local callers", () => {
    const localCallers = [{ namespaces: ["xyz"] }];
    const other = { ...http, number: 81, name: "other", targetPorts: [9090] };
    const foo = barOffer({ localCallers }, { name: "foo", ports: [http, other] });
    for (const rule of [{ localCallers }, {}]) {
      const { policies, warnings } = decidePolicies([foo, barOffer(rule, { via: "terminated" })], mesh);
      const atWorkload = policies.filter(({ namespace }) => namespace === "shop").map(({ spec }) => spec);
      const workloadAllows = (principal: string, port: number) =>
        allowsCall(atWorkload, { principal, port }, "b.local");
      assert.ok(workloadAllows(GATEWAY, 8080));
      assert.ok(
        !workloadAllows("b.local/ns/istio-gateway/sa/other", 8080) &&
          !workloadAllows("b.local/ns/shop/sa/web", 8080),
      );
      // The gateway reaches no port of the passthrough Service.
      assert.ok(!workloadAllows(GATEWAY, 9090) && workloadAllows("b.local/ns/xyz/sa/web", 9090));
      assert.equal(warnings.length, "localCallers" in rule ? 0 : 1);
    }
  });

  it("warns of a common port of which it restricts the callers of one Service only", () => {
    const warn = (one: Partial<Offer>, other: Partial<Offer>) =>
      decidePolicies([barOffer({}, { name: "foo", ...one }), barOffer({}, other)], mesh).warnings;
    const terminated = { via: "terminated" as const, audience: ["cluster-a"] };
    const [warning, ...more] = warn({ audience: ["cluster-c"] }, terminated);
    assert.deepEqual(more, []);
    assert.equal(warning?.path, "Service shop/foo.ports");
    assert.match(
      warning.rule,
      /are ports of bar too, .* for other callers, and the gateway terminates TLS for one of the two only: .* whatever the other's rule is/,
    );
    assert.deepEqual(warn({ audience: ["cluster-a"] }, terminated), []);
    assert.match(
      warn({ audience: ["cluster-c"], via: "terminated" }, terminated)[0]?.rule ?? "",
      /only callers that both admit/,
    );
  });
});
