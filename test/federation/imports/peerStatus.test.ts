import assert from "node:assert/strict";
import { readPeerStatuses } from "../../../federation/imports/registration.ts";

const pending = { state: "pending", reason: "gone", since: "2026-11-21T10:28:15Z", imported: 3 };

describe("The state of the peers, as the last update published it", () => {
  it("is read back sorted", () => {
    assert.deepEqual(Object.keys(readPeerStatuses({ c: pending, b: pending })), ["b", "c"]);
    assert.deepEqual(readPeerStatuses({ b: pending }), { b: pending });
  });

  it("is read from before there was a time in it", () => {
    const older = { state: "ready", reason: "", imported: 3 };
    assert.deepEqual(readPeerStatuses({ b: older }), { b: { ...older, since: "" } });
  });

  for (const unfit of [undefined, null, "text", { b: null }, { b: { ...pending, imported: {} } }]) {
    it(`is nothing where it is ${JSON.stringify(unfit)}`, () => {
      assert.deepEqual(readPeerStatuses(unfit), {});
    });
  }
});
