import assert from "node:assert/strict";
import {
  completeHost,
  parseServiceHost,
  resolveHost,
  serviceHost,
  shortHost,
} from "../../../federation/core/serviceHost.ts";

const FULL = "reviews.shop.svc.paris.local";

describe("The host of a Service", () => {
  it("has the Service's name, its namespace and the cluster domain", () => {
    const service = { name: "reviews", namespace: "shop" };
    assert.equal(serviceHost(service, "paris.local"), FULL);
    assert.deepEqual(parseServiceHost(FULL, "paris.local"), service);
  });

  for (const [host, resolved, short] of [
    ["reviews", FULL, "reviews.shop"],
    ["reviews.abc", "reviews.abc", "reviews.abc"],
    [FULL, FULL, "reviews.shop"],
    ["reviews.shop.svc.tokyo.local", "reviews.shop.svc.tokyo.local", "reviews.shop.svc.tokyo.local"],
    ["*.example.com", "*.example.com", "*.example.com"],
    ["*", "*", "*"],
    ["", "", ""],
  ] as const)
    it(`'${host}' in an object is '${resolved}', for messages '${short}'`, () => {
      assert.equal(resolveHost(host, "shop", "paris.local"), resolved);
      assert.equal(shortHost(host, "shop", "paris.local"), short);
    });

  for (const [host, completed] of [
    ["reviews.shop", FULL],
    ["reviews.shop.svc", FULL],
    [FULL, FULL],
    ["reviews", "reviews"],
    ["db-0.db.shop", "db-0.db.shop"],
  ] as const)
    it(`'${host}' in the config is '${completed}'`, () => {
      assert.equal(completeHost(host, "paris.local"), completed);
    });
});
