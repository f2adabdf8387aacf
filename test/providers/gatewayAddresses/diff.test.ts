import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { check, diff } from "../../../providers/gatewayAddresses/diff.ts";
import type { Inputs, State } from "../../../providers/gatewayAddresses/inputs.ts";

const HERE = { address: "203.0.113.10", port: 15443 };
const THERE = { address: "203.0.113.11", port: 15443 };
const SERVICE = {
  kubeconfig: {},
  namespace: "istio-gateway",
  service: "eastwestgateway",
  type: "LoadBalancer",
  port: 15443,
};
const INPUTS: Inputs = { ...SERVICE, timeoutSeconds: 300 };
const FOUND: State = { ...SERVICE, addresses: [HERE] };
const NOT_YET: State = { ...SERVICE, addresses: [] };

describe("diff of GatewayAddresses", () => {
  const cases: [string, State, Partial<Record<keyof Inputs, unknown>>, boolean, string[]][] = [
    ["is quiet when the cluster could not be read", FOUND, {}, false, []],
    ["is quiet when the addresses are still the same", FOUND, { observed: [HERE] }, false, []],
    ["updates when there are others", FOUND, { observed: [THERE] }, true, []],
    ["updates when there is one more", FOUND, { observed: [HERE, THERE] }, true, []],
    ["updates when there are none any more", FOUND, { observed: [] }, true, []],
    ["is quiet as long as there is no address yet", NOT_YET, { observed: [] }, false, []],
    ["updates when the first address is there", NOT_YET, { observed: [HERE] }, true, []],
    ["is quiet when only the patience changes", FOUND, { timeoutSeconds: 1 }, false, []],
    [
      "updates when the Service gets another type, before its addresses are seen",
      FOUND,
      { type: "NodePort", observed: [HERE] },
      true,
      [],
    ],
    ["updates when another port is asked for", FOUND, { port: 15444 }, true, []],
    ["updates when the kubeconfig has another name", FOUND, { kubeconfig: { context: "a" } }, true, []],
    ["replaces when it is another Service", FOUND, { service: "other" }, true, ["service"]],
    ["replaces when it is in another namespace", FOUND, { namespace: "other" }, true, ["namespace"]],
    [
      "updates when the namespace is not known yet",
      FOUND,
      { namespace: pulumi.runtime.unknownValue },
      true,
      [],
    ],
  ];
  for (const [what, state, change, changes, replaces] of cases) {
    it(what, () => {
      assert.deepEqual(diff(state, { ...INPUTS, ...change } as Inputs), { changes, replaces });
    });
  }
});

describe("check of GatewayAddresses", () => {
  it("passes good inputs", () => {
    assert.deepEqual(check({}, INPUTS).failures, []);
  });

  it("tells all faults at once", () => {
    const { failures = [] } = check(
      {},
      { ...INPUTS, namespace: "A", service: "", port: 0, timeoutSeconds: -1 },
    );
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["namespace", "service", "port", "timeoutSeconds"],
    );
  });

  it("passes what is not known yet", () => {
    const unknown = pulumi.runtime.unknownValue as never;
    assert.deepEqual(check({}, { ...INPUTS, namespace: unknown, port: unknown }).failures, []);
  });
});
