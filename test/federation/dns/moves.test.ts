import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { warnOfMoves } from "../../../federation/dns/moves.ts";
import type { PeerStatus } from "../../../federation/peers/peerStatus.ts";
import { BAR } from "../samples.ts";
import { configWith, viewOf } from "./peersSample.ts";

const FOO = "foo.xyz.svc.cluster-b.local";
const config = configWith();
const ready = viewOf(config, [BAR, FOO]);
const statuses: Record<string, PeerStatus> = {
  "cluster-b": { state: "ready", reason: "", since: "", imported: 1200 },
};
const both = { "cluster-b": { [BAR]: "240.241.0.1", [FOO]: "240.241.0.2" } };
const bar = { "cluster-b": { [BAR]: "240.241.0.1" } };
const REST =
  ": open TCP and TLS connections to them end when the proxies have drained them (45 s), " +
  "also those of clients with Istio's DNS proxy, and an old answer of CoreDNS leads nowhere until it is asked again (some two minutes)";

describe("A run that changes addresses", () => {
  it("is silent where names keep them, come or go, or are a pending peer's", () => {
    assert.deepEqual(warnOfMoves(ready, both, both, statuses), []);
    assert.deepEqual(warnOfMoves(ready, bar, both, statuses), []);
    assert.deepEqual(warnOfMoves(viewOf(config, [BAR]), both, bar, statuses), []);
    assert.deepEqual(warnOfMoves(viewOf(config, []), both, {}, statuses), []);
    assert.deepEqual(warnOfMoves(ready, {}, undefined, statuses), []);
  });

  it("names those of another range, or of none any more", () => {
    const other = { "cluster-b": { ...both["cluster-b"], [BAR]: "240.242.0.1" } };
    assert.deepEqual(warnOfMoves(ready, both, other, statuses), [
      `Changes the address of 1 imported service(s) (${BAR})${REST}`,
    ]);
    assert.deepEqual(warnOfMoves(ready, both, undefined, statuses), [
      `Changes the address of 2 imported service(s) (${BAR}, ${FOO})${REST}`,
    ]);
  });

  it("counts those that had one of istiod's before, and there are none of a peer that is new", () => {
    assert.deepEqual(warnOfMoves(ready, {}, both, statuses), [
      `Changes the address of 1,200 imported service(s)${REST}`,
    ]);
    assert.deepEqual(warnOfMoves(ready, {}, both, {}), []);
  });
});
