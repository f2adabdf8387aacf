import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { configFaults } from "../samples.ts";
import { SERVICES } from "./gatewayServices.ts";

describe("The gateway's Service", () => {
  for (const { service, faults } of SERVICES) {
    it(`${faults.length === 0 ? "may have" : "may not have"} ${JSON.stringify(service)}`, () => {
      const gateway = { service, advertise: [{ address: "203.0.113.1" }] };
      assert.deepEqual(
        configFaults({ gateway }),
        faults.map((field) => `gateway.service${field}`),
      );
    });
  }

  it("may not have one node port twice, to which the API server answers with an internal error", () => {
    const service = { externalTrafficPolicy: "Local", nodePort: 32103, healthCheckNodePort: 32103 };
    assert.deepEqual(configFaults({ gateway: { service } }), ["gateway.service.healthCheckNodePort"]);
  });
});
