import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { KUBECONFIG, LOCAL_CLUSTER, configFaults, validConfig } from "../samples.ts";

const rule = { namespace: "shop", service: "bar" };
const terminating = { ...rule, gateway: "terminating" };

describe("The gateway of an export rule", () => {
  it("is passthrough, terminating or undefined", () => {
    const exports = [terminating, { service: "foo", gateway: "passthrough" }, { service: "*" }];
    const config = validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, exports }, "cluster-a");
    assert.deepEqual(
      config.exports.map(({ gateway }) => gateway),
      ["terminating", "passthrough", undefined],
    );
    assert.deepEqual(configFaults({ exports: [{ ...rule, gateway: "open" }] }), ["exports[0].gateway"]);
  });

  it("terminates TLS in a federation only", () => {
    for (const topology of ["replicated", "single-mesh"]) {
      const faults = configFaults({ topology, exports: [rule, terminating] });
      assert.ok(faults.includes("exports[1].gateway"), topology);
    }
    assert.deepEqual(configFaults({ topology: "federation", exports: [terminating] }), []);
  });

  it("cannot be terminating while PILOT_ENABLE_METADATA_EXCHANGE is off but its ALPN is offered", () => {
    const faults = (env: object, exports: object[] = [terminating]) =>
      configFaults({ exports, istio: { values: { istiod: { env } } } });
    const off = { PILOT_ENABLE_METADATA_EXCHANGE: "false" };
    for (const env of [
      off,
      { ...off, PILOT_DISABLE_MX_ALPN: "false" },
      { PILOT_ENABLE_METADATA_EXCHANGE: false },
    ])
      assert.deepEqual(faults(env), ["istio.values.istiod.env.PILOT_DISABLE_MX_ALPN"]);
    assert.deepEqual(faults({ ...off, PILOT_DISABLE_MX_ALPN: "true" }), []);
    assert.deepEqual(faults({ PILOT_ENABLE_METADATA_EXCHANGE: "true" }), []);
    assert.deepEqual(faults({ PILOT_ENABLE_ALPN_FILTER: "false" }), []);
    assert.deepEqual(faults(off, [rule]), []);
  });
});
