import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { configFaults } from "../samples.ts";

describe("The config of the gateway", () => {
  for (const [name, raw, path] of [
    ["ClusterIP without advertise", { gateway: { service: { type: "ClusterIP" } } }, "gateway.service.type"],
    ["an unknown service type", { gateway: { service: { type: "ExternalName" } } }, "gateway.service.type"],
    [
      "a bad annotation key",
      { gateway: { service: { annotations: { "a b": "c" } } } },
      'gateway.service.annotations["a b"]',
    ],
    ["no advertised address", { gateway: { advertise: [] } }, "gateway.advertise"],
    [
      "an advertised URL",
      { gateway: { advertise: [{ address: "https://gw.example.com/x" }] } },
      "gateway.advertise[0].address",
    ],
    [
      "an advertised address with a port",
      { gateway: { advertise: [{ address: "1.2.3.4:5" }] } },
      "gateway.advertise[0].address",
    ],
    [
      "an advertised port 0",
      { gateway: { advertise: [{ address: "1.2.3.4", port: 0 }] } },
      "gateway.advertise[0].port",
    ],
    [
      "an advertised port as text",
      { gateway: { advertise: [{ address: "1.2.3.4", port: "1" }] } },
      "gateway.advertise[0].port",
    ],
    [
      "a duplicate advertised address",
      { gateway: { advertise: [{ address: "1.2.3.4" }, { address: "1.2.3.4", port: 15443 }] } },
      "gateway.advertise[1]",
    ],
    ["a locality of four parts", { gateway: { locality: "a/b/c/d" } }, "gateway.locality"],
    ["a bind that is not an IP address", { gateway: { bind: "gw.example.com" } }, "gateway.bind"],
    ["a negative timeout", { gateway: { addressTimeoutSeconds: -1 } }, "gateway.addressTimeoutSeconds"],
    ["an infinite timeout", { gateway: { addressTimeoutSeconds: 1e9 } }, "gateway.addressTimeoutSeconds"],
  ] as const) {
    it(`is refused for ${name}`, () => {
      assert.deepEqual(configFaults(raw), [path]);
    });
  }
});
