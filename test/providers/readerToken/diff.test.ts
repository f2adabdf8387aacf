import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { check, diff } from "../../../providers/readerToken/diff.ts";
import type { Inputs, State } from "../../../providers/readerToken/inputs.ts";

const INPUTS: Inputs = {
  kubeconfig: { context: "cluster-a" },
  peer: "cluster-b",
  namespace: "istio-system",
  serviceAccount: "istio-federation-reader-cluster-b",
  uid: "1",
  hours: 720,
};
const STATE: State = {
  ...INPUTS,
  token: "t",
  issued: "2026-11-01T00:00:00Z",
  expires: "2026-12-01T00:00:00Z",
};
const EARLY = "2026-11-15T23:59:59Z";

describe("diff of ReaderToken", () => {
  const cases: [string, string, Partial<Record<keyof Inputs, unknown>>, boolean][] = [
    ["is quiet in the first half of the token's life", EARLY, {}, false],
    ["renews a token from half of its life on", "2026-11-16T00:00:00Z", {}, true],
    ["renews a token that has ended", "2027-11-16T00:00:00Z", {}, true],
    ["makes another one for another life", EARLY, { hours: 24 }, true],
    ["makes another one for a ServiceAccount that was made anew", EARLY, { uid: "2" }, true],
    ["makes another one for another ServiceAccount", EARLY, { serviceAccount: "other" }, true],
    ["makes another one when the uid is not known yet", EARLY, { uid: pulumi.runtime.unknownValue }, true],
    ["is quiet when the kubeconfig lies elsewhere", EARLY, { kubeconfig: { path: "x" } }, false],
  ];
  for (const [what, now, change, changes] of cases) {
    it(what, () => {
      assert.deepEqual(diff(STATE, { ...INPUTS, ...change } as Inputs, new Date(now)), { changes });
    });
  }

  it("goes by the life that the API server gave, not by the one asked for", () => {
    const short = { ...STATE, expires: "2026-11-01T02:00:00Z" };
    assert.equal(diff(short, INPUTS, new Date("2026-11-01T00:59:59Z")).changes, false);
    assert.equal(diff(short, INPUTS, new Date("2026-11-01T01:00:00Z")).changes, true);
  });
});

describe("check of ReaderToken", () => {
  it("passes good inputs, and what is not known yet", () => {
    const unknown = pulumi.runtime.unknownValue;
    for (const change of [{}, { uid: unknown, serviceAccount: unknown, namespace: unknown }]) {
      assert.deepEqual(check({}, { ...INPUTS, ...change }).failures, []);
    }
  });

  it("passes the ServiceAccount of a peer whose name is as long as may be", () => {
    const peer = "b".repeat(63);
    const serviceAccount = `istio-federation-reader-${peer}`;
    assert.deepEqual(check({}, { ...INPUTS, peer, serviceAccount }).failures, []);
  });

  it("tells all faults at once", () => {
    const { failures = [] } = check(
      {},
      { ...INPUTS, peer: "A", namespace: "", serviceAccount: "x_", uid: "", hours: 0.5 },
    );
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["peer", "namespace", "serviceAccount", "uid", "hours"],
    );
  });
});
