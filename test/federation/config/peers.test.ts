import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { configFaults } from "../samples.ts";

describe("The config of peers", () => {
  for (const [name, raw, path] of [
    ["a peer with our own name", { peers: { "cluster-a": { stack: "b" } } }, "peers.cluster-a"],
    ["a peer with a bad name", { peers: { "b.c": { stack: "b" } } }, 'peers["b.c"]'],
    ["a peer that is our own stack", { peers: { b: { stack: "cluster-a" } } }, "peers.b.stack"],
    ["two peers with the same stack", { peers: { c: { stack: "b" }, b: { stack: "b" } } }, "peers.c.stack"],
    ["a stack of two parts", { peers: { b: { stack: "acme/b" } } }, "peers.b.stack"],
    ["a stack of four parts", { peers: { b: { stack: "a/b/c/d" } } }, "peers.b.stack"],
    ["a stack with an empty part", { peers: { b: { stack: "a//b" } } }, "peers.b.stack"],
    ["no stack", { peers: { b: { exportTo: ["*"] } } }, "peers.b.stack"],
    ["an empty exportTo", { peers: { b: { stack: "b", exportTo: [] } } }, "peers.b.exportTo"],
    ["'*' beside a namespace", { peers: { b: { stack: "b", exportTo: ["*", "abc"] } } }, "peers.b.exportTo"],
    [
      "'.' beside the namespace that it stands for",
      { peers: { b: { stack: "b", exportTo: [".", "istio-federation"] } } },
      "peers.b.exportTo[1]",
    ],
    ["'~', which nobody would see", { peers: { b: { stack: "b", exportTo: ["~"] } } }, "peers.b.exportTo[0]"],
    ["an invalid token", { peers: { b: { stack: "b", acceptRemoval: "yes" } } }, "peers.b.acceptRemoval"],
    ["a fractional number of removals", { brake: { removals: 0.5 } }, "brake.removals"],
    ["a share above 1", { brake: { share: 50 } }, "brake.share"],
    ["a bad namespace", { peers: { b: { stack: "b", exportTo: ["a/*"] } } }, "peers.b.exportTo[0]"],
  ] as const) {
    it(`is refused for ${name}`, () => {
      assert.deepEqual(configFaults(raw), [path]);
    });
  }
});
