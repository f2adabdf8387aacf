import assert from "node:assert/strict";
import { awaitAddresses } from "../../../providers/gatewayAddresses/await.ts";

const ADDRESS = { address: "203.0.113.10", port: 15443 };

describe("Waiting for a gateway's address", () => {
  it("returns as soon as there is one", async () => {
    const answers = [{ missing: "not yet" }, { addresses: [ADDRESS] }];
    const warnings: string[] = [];
    const found = await awaitAddresses(
      () => Promise.resolve(answers.shift() ?? { missing: "asked too often" }),
      60,
      (missing) => warnings.push(missing),
    );
    assert.deepEqual(found, [ADDRESS]);
    assert.deepEqual(warnings, []);
  });

  it("looks once even without any time to wait, and then warns of what is missing", async () => {
    const warnings: string[] = [];
    const found = await awaitAddresses(
      () => Promise.resolve({ missing: "no load balancer" }),
      0,
      (missing) => warnings.push(missing),
    );
    assert.deepEqual(found, []);
    assert.deepEqual(warnings, ["no load balancer"]);
  });

  it("passes on why the cluster cannot be asked", async () => {
    const look = () => Promise.reject(new Error("forbidden"));
    await assert.rejects(
      awaitAddresses(look, 60, () => {}),
      /forbidden/,
    );
  });
});
