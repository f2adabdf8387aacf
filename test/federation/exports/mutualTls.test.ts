import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type {
  Workload,
  MutualTlsMode,
  PeerAuthentication,
} from "../../../federation/exports/clusterServices.ts";
import {
  OWN_DEFAULT,
  istioDefault,
  mutualTlsModes,
  speaksMutualTls,
} from "../../../federation/exports/mutualTls.ts";
import { shuffled } from "../arbitraries.ts";
import { pod } from "./exportsFixture.ts";

const policy = (changes: Partial<PeerAuthentication>): PeerAuthentication => ({
  namespace: "xyz",
  name: "default",
  created: "2026-11-21T10:00:00Z",
  selector: {},
  ports: {},
  ...changes,
});
const mesh = (mode: MutualTlsMode) => policy({ namespace: "istio-system", name: "mesh", mode });
const selector = { app: "bar" };

describe("The mutual TLS of a workload", () => {
  const cases: [string, PeerAuthentication[], MutualTlsMode, string?][] = [
    ["is strict as this program sets it", [], "STRICT"],
    ["is set for the mesh", [mesh("DISABLE")], "DISABLE", "istio-system/mesh"],
    [
      "is permissive where the mesh's policy leaves it unset",
      [policy({ namespace: "istio-system", name: "unset" })],
      "PERMISSIVE",
      "istio-system/unset",
    ],
    [
      "is set for its namespace before the mesh",
      [mesh("STRICT"), policy({ mode: "PERMISSIVE" })],
      "PERMISSIVE",
      "xyz/default",
    ],
    [
      "is set by a policy that selects it before its namespace's",
      [policy({ mode: "STRICT" }), policy({ name: "bar", selector, mode: "DISABLE" })],
      "DISABLE",
      "xyz/bar",
    ],
    [
      "is inherited by the namespace where that leaves it unset",
      [mesh("PERMISSIVE"), policy({})],
      "PERMISSIVE",
      "istio-system/mesh",
    ],
    [
      "is inherited by the workload's policy where that leaves it unset",
      [policy({ mode: "DISABLE" }), policy({ name: "bar", selector })],
      "DISABLE",
      "xyz/default",
    ],
    ["is not set in another namespace", [policy({ namespace: "abc", mode: "DISABLE" })], "STRICT"],
    [
      "is not set by a policy that selects other workloads",
      [policy({ selector: { app: "foo" }, mode: "DISABLE" })],
      "STRICT",
    ],
    [
      "is not set with a selector in Istio's namespace",
      [policy({ namespace: "istio-system", selector, mode: "DISABLE" })],
      "STRICT",
    ],
    [
      "is set by the oldest of two",
      [
        policy({ name: "a", mode: "DISABLE", created: "2026-11-21T10:00:01Z" }),
        policy({ name: "b", mode: "PERMISSIVE" }),
      ],
      "PERMISSIVE",
      "xyz/b",
    ],
    [
      "is set by the first by name of two equally old",
      [policy({ name: "b", mode: "DISABLE" }), policy({ name: "a", mode: "PERMISSIVE" })],
      "PERMISSIVE",
      "xyz/a",
    ],
    [
      "is not set by another port's mode",
      [policy({ name: "bar", selector, mode: "PERMISSIVE", ports: { 9090: { mode: "DISABLE" } } })],
      "PERMISSIVE",
      "xyz/bar",
    ],
    [
      "is its port's mode first",
      [mesh("STRICT"), policy({ name: "bar", selector, ports: { 8080: { mode: "DISABLE" } } })],
      "DISABLE",
      "xyz/bar",
    ],
    [
      "is the workload's mode for a port that is UNSET",
      [policy({ name: "bar", selector, mode: "PERMISSIVE", ports: { 8080: {} } })],
      "PERMISSIVE",
      "xyz/bar",
    ],
    ["ignores port modes without a selector", [policy({ ports: { 8080: { mode: "DISABLE" } } })], "STRICT"],
  ];
  for (const [what, policies, mode, by] of cases) {
    it(what, () => {
      fc.assert(
        fc.property(shuffled(policies), (shuffledPolicies) => {
          assert.deepEqual(mutualTlsModes(shuffledPolicies, OWN_DEFAULT, "istio-system")(pod, 8080), {
            mode,
            by,
          });
        }),
        { numRuns: 5 },
      );
    });
  }

  it("is the general mode for an unknown port", () => {
    const found = [policy({ selector, ports: { 8080: { mode: "DISABLE" } } })];
    assert.deepEqual(mutualTlsModes(found, OWN_DEFAULT, "istio-system")(pod, undefined), {
      mode: "STRICT",
      by: undefined,
    });
  });

  it("is Istio's default in a mesh of somebody else without a policy, and the mesh's own with one", () => {
    const usual = istioDefault("mesh");
    assert.deepEqual(mutualTlsModes([], usual, "mesh")(pod, 8080), usual);
    assert.equal(mutualTlsModes([mesh("STRICT")], usual, "istio-system")(pod, 8080).mode, "STRICT");
  });

  it("of Istio's own namespace is the mesh's", () => {
    const root = [policy({ namespace: "mesh", mode: "DISABLE" }), mesh("STRICT")];
    assert.equal(mutualTlsModes(root, OWN_DEFAULT, "mesh")(pod, 8080).by, "mesh/default");
    const modeOf = mutualTlsModes(
      [mesh("PERMISSIVE"), policy({ namespace: "istio-system", selector, mode: "DISABLE" })],
      OWN_DEFAULT,
      "istio-system",
    );
    assert.equal(modeOf({ ...pod, namespace: "istio-system" }, 1).mode, "PERMISSIVE");
  });

  for (const [what, changes, speaks] of [
    ["a Pod with Istio's label", {}, true],
    ["a Pod without it", { labels: { app: "bar" } }, false],
    ["a Pod whose label disables it", { labels: { "security.istio.io/tlsMode": "disabled" } }, false],
    ["a WorkloadEntry with a service account", { kind: "WorkloadEntry", labels: {} }, true],
    ["a WorkloadEntry without one", { kind: "WorkloadEntry", labels: {}, serviceAccount: "" }, false],
    ["a WorkloadEntry without one that has the label", { kind: "WorkloadEntry", serviceAccount: "" }, true],
    [
      "a WorkloadEntry whose label disables it",
      { kind: "WorkloadEntry", labels: { "security.istio.io/tlsMode": "disabled" } },
      false,
    ],
  ] as [string, Partial<Workload>, boolean][]) {
    it(`is ${speaks ? "accepted" : "not accepted"} for ${what}`, () => {
      assert.equal(speaksMutualTls({ ...pod, ...changes }), speaks);
    });
  }
});
