import assert from "node:assert/strict";
import { configFaults } from "../samples.ts";

describe("Extra Helm values", () => {
  for (const [path, raw] of Object.entries({
    "istio.values.istiod.meshConfig.caCertificates": {
      istio: { values: { istiod: { meshConfig: { caCertificates: [] } } } },
    },
    "istio.values.istiod.meshConfig.trustDomain": {
      istio: { values: { istiod: { meshConfig: { trustDomain: "x" } } } },
    },
    "istio.values.istiod.global.network": { istio: { values: { istiod: { global: { network: "x" } } } } },
    "gateway.values.service.type": { gateway: { values: { service: { type: "NodePort" } } } },
    "gateway.values.labels.istio": { gateway: { values: { labels: { istio: "x" } } } },
  })) {
    it(`may not contradict the contract by ${path}`, () => {
      assert.deepEqual(configFaults(raw), [path]);
    });
  }

  it("may set any other key", () => {
    const values = {
      istiod: { meshConfig: { accessLogFile: "/dev/stdout" }, global: { tag: "x" } },
      base: { a: 1 },
    };
    assert.deepEqual(configFaults({ istio: { values }, gateway: { values: { replicaCount: 2 } } }), []);
  });
});
