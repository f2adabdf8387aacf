import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { zonesOf } from "../../../federation/dns/zones.ts";

describe("Zones of imported names", () => {
  it("are the longest domain that is known, or the name itself", () => {
    const addresses = {
      "pay.example.org": "240.241.0.4",
      "bar.xyz.svc.b.local": "240.241.0.1",
      "bar.xyz.global": "240.241.0.2",
      "api.prod.b.local": "240.241.0.3",
    };
    assert.deepEqual(zonesOf(addresses, ["global", "b.local", "prod.b.local", "c.local"]), [
      { name: "b.local", addresses: { "bar.xyz.svc.b.local": "240.241.0.1" } },
      { name: "global", addresses: { "bar.xyz.global": "240.241.0.2" } },
      { name: "pay.example.org", addresses: { "pay.example.org": "240.241.0.4" } },
      { name: "prod.b.local", addresses: { "api.prod.b.local": "240.241.0.3" } },
    ]);
  });
});
