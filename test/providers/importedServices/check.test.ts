import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { check } from "../../../providers/importedServices/check.ts";
import type { Inputs } from "../../../providers/importedServices/inputs.ts";

const UNKNOWN: string = pulumi.runtime.unknownValue;
const HOST = "bar.xyz.svc.cluster-b.local";
const LINE = "8080/HTTP http as spiffe://cluster-b.local/ns/xyz/sa/bar";

const GOOD: Inputs = {
  kubeconfig: { path: ".lab/kubeconfig", context: "cluster-a" },
  namespace: "istio-federation",
  peer: "cluster-b",
  exportTo: ["*"],
  gateways: ["203.0.113.10:15443"],
  services: { [HOST]: LINE },
};

describe("check of ImportedServices", () => {
  it("passes good inputs on as they are", () => {
    assert.deepEqual(check({}, GOOD), { inputs: GOOD });
  });

  const faulty: [string, Partial<Record<keyof Inputs, unknown>>, string, RegExp][] = [
    ["a namespace that is no DNS label", { namespace: "A" }, "namespace", /"A" must be a DNS-1123 label/],
    ["a missing namespace", { namespace: undefined }, "namespace", /expected string/],
    ["a peer that is no DNS label", { peer: "b.c" }, "peer", /"b\.c" must be a DNS-1123 label/],
    ["an unknown kubeconfig field", { kubeconfig: { file: "x" } }, "kubeconfig", /file/],
    ["no namespace to be seen in", { exportTo: [] }, "exportTo", /at least one/],
    [
      "a namespace to be seen in that is none",
      { exportTo: ["*", "a b"] },
      "exportTo[1]",
      /"a b" must be a namespace/,
    ],
    ["a gateway without a port", { gateways: ["203.0.113.10"] }, "gateways[0]", /<address>:<port>/],
    ["a host name that is none", { services: { "BAR.x": LINE } }, 'services["BAR.x"]', /must be a DNS name/],
    ["a line that says no service", { services: { [HOST]: "8080" } }, `services["${HOST}"]`, /8080/],
    ["services without a gateway", { gateways: [] }, "gateways", /is empty/],
  ];
  for (const [what, change, property, reason] of faulty) {
    it(`refuses ${what}`, () => {
      const { failures = [] } = check({}, { ...GOOD, ...change } as Inputs);
      assert.deepEqual(
        failures.map((failure) => failure.property),
        [property],
      );
      assert.match(failures[0]?.reason ?? "", reason);
    });
  }

  it("tells all faults at once", () => {
    const { failures = [] } = check(
      {},
      { ...GOOD, namespace: "A", peer: "B", gateways: ["x"], services: { y: "z" } },
    );
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["namespace", "peer", "gateways[0]", "services.y"],
    );
  });

  const unknown: [string, Partial<Record<keyof Inputs, unknown>>][] = [
    ["the namespace", { namespace: UNKNOWN }],
    ["all services", { services: UNKNOWN }],
    ["one service", { services: { [HOST]: UNKNOWN } }],
    ["all gateways", { gateways: UNKNOWN }],
    ["one gateway", { gateways: [UNKNOWN] }],
    ["the kubeconfig's path", { kubeconfig: { path: UNKNOWN } }],
  ];
  for (const [what, change] of unknown) {
    it(`passes when ${what} is not known yet`, () => {
      const inputs = { ...GOOD, ...change } as Inputs;
      assert.deepEqual(check({}, inputs), { inputs });
    });
  }

  describe("of a pending peer", () => {
    const pending: Inputs = { ...GOOD, gateways: [], services: {}, pending: "its stack does not exist" };

    it("has no services when there never were any", () => {
      assert.deepEqual(check({}, pending), { inputs: pending });
    });

    it("keeps the services and gateways known before", () => {
      assert.deepEqual(check(GOOD, pending), { inputs: { ...GOOD, pending: pending.pending } });
    });

    it("keeps them as long as it is pending", () => {
      const first = check(GOOD, pending).inputs ?? {};
      assert.deepEqual(check(first, pending).inputs, first);
    });

    it("keeps nothing of another peer that had this resource's name", () => {
      assert.deepEqual(check({ ...GOOD, peer: "cluster-c" }, pending).inputs?.services, {});
    });

    it("restores what a refresh found changed by hand, and drops what it could not read", () => {
      const refreshed = {
        ...GOOD,
        services: {
          [HOST]: `${LINE} (not as declared: ports)`,
          "x.y": "not an entry that this program writes",
        },
      };
      assert.deepEqual(check(refreshed, pending).inputs?.services, { [HOST]: LINE });
    });

    it("is replaced by the contract when that is there", () => {
      const known = check(GOOD, pending).inputs ?? {};
      assert.deepEqual(check(known, { ...GOOD, services: {} }).inputs, { ...GOOD, services: {} });
    });
  });
});
