import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Workload } from "../../../federation/exports/clusterServices.ts";
import {
  type KubernetesPort,
  commonTargetPort,
  targetPortOf,
  targetPorts,
} from "../../../federation/exports/ports.ts";
import { pod } from "./exportsFixture.ts";

const entry: Workload = { ...pod, kind: "WorkloadEntry", ports: {} };

describe("The target port of a Service's port", () => {
  for (const [what, port, workload, expected] of [
    ["is the port number by default", { port: 80 }, pod, 80],
    ["is a numeric targetPort", { port: 80, targetPort: 8080 }, pod, 8080],
    ["is the container port of that name", { port: 80, targetPort: "web" }, pod, 8000],
    ["is unknown for a name that no container has", { port: 80, targetPort: "constructor" }, pod, undefined],
    [
      "is a WorkloadEntry's own for that name",
      { name: "http", port: 80, targetPort: 8080 },
      { ...entry, ports: { http: 1 } },
      1,
    ],
    [
      "is the Service's for a WorkloadEntry without",
      { name: "http", port: 80, targetPort: 8080 },
      entry,
      8080,
    ],
    [
      "is a WorkloadEntry's for the target's name",
      { name: "http", port: 80, targetPort: "web" },
      { ...entry, ports: { web: 2 } },
      2,
    ],
    [
      "is the Service's number for a WorkloadEntry without that name",
      { name: "http", port: 80, targetPort: "web" },
      entry,
      80,
    ],
  ] as [string, KubernetesPort, Workload, number | undefined][]) {
    it(what, () => {
      assert.equal(targetPortOf(workload, port), expected);
    });
  }

  it("is known for several workloads that agree", () => {
    const port = { port: 80, targetPort: "web" };
    assert.equal(commonTargetPort([pod, pod], port), 8000);
    assert.equal(commonTargetPort([pod, { ...pod, ports: { web: 1 } }], port), undefined);
    assert.equal(commonTargetPort([pod, { ...pod, ports: {} }], port), undefined);
  });

  it("is known without workloads where it is a number", () => {
    assert.equal(commonTargetPort([], { port: 80, targetPort: 8080 }), 8080);
    assert.equal(commonTargetPort([], { port: 80 }), 80);
    assert.equal(commonTargetPort([], { port: 80, targetPort: "web" }), undefined);
  });

  it("is each number that some workload has", () => {
    const port = { port: 80, targetPort: "web" };
    assert.deepEqual(
      targetPorts([pod, { ...pod, ports: {} }, { ...pod, ports: { web: 90 } }, pod], port),
      [90, 8000],
    );
    assert.deepEqual(targetPorts([{ ...pod, ports: {} }], port), []);
    assert.deepEqual(targetPorts([], port), []);
    assert.deepEqual(targetPorts([], { port: 80 }), [80]);
    assert.deepEqual(targetPorts([], { port: 80, targetPort: 8080 }), [8080]);
  });
});
