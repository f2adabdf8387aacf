import assert from "node:assert/strict";
import { readField, readResource } from "../../../lab/kubelet/environment.ts";
import { podFixture } from "./pods.ts";

const ALLOCATABLE = { cpu: 4, memory: 1000 };

describe("readField", () => {
  const fields: [path: string, value: string][] = [
    ["metadata.name", "foo-1"],
    ["metadata.namespace", "abc"],
    ["metadata.uid", "0000-1"],
    ["metadata.labels['app']", "foo"],
    ["metadata.labels['none']", ""],
    ["metadata.annotations['note']", 'says "hi"\nand more'],
    ["metadata.labels", 'app="foo"\nversion="v1"\n'],
    ["metadata.annotations", 'note="says \\"hi\\"\\nand more"\n'],
    ["spec.nodeName", "lab"],
    ["spec.serviceAccountName", "foo"],
    ["status.podIP", "127.10.1.1"],
    ["status.hostIP", "127.10.0.1"],
  ];
  for (const [fieldPath, value] of fields) {
    it(`reads ${fieldPath}`, () => {
      assert.equal(readField(podFixture(), { fieldPath }), value);
    });
  }

  it("refuses a field that the downward API does not offer", () => {
    assert.throws(() => readField(podFixture(), { fieldPath: "spec.priority" }), /no field spec.priority/);
  });
});

describe("readResource", () => {
  const container = {
    name: "app",
    resources: { limits: { cpu: "1500m", memory: "1Gi" }, requests: { cpu: "100m" } },
  };
  const resources: [resource: string, divisor: string | undefined, value: string][] = [
    ["limits.cpu", "1", "2"],
    ["limits.cpu", undefined, "2"],
    ["limits.cpu", "1m", "1500"],
    ["limits.memory", "1", "1073741824"],
    ["limits.memory", "1Mi", "1024"],
    ["requests.cpu", "1", "1"],
    ["requests.memory", "1", "0"],
  ];
  for (const [resource, divisor, value] of resources) {
    it(`gives ${resource} in units of ${divisor ?? "no divisor"}, rounded up`, () => {
      assert.equal(readResource(container, { resource, ...(divisor && { divisor }) }, ALLOCATABLE), value);
    });
  }

  it("takes a limit that is not set for what the machine has", () => {
    assert.equal(readResource({ name: "app" }, { resource: "limits.cpu", divisor: "1" }, ALLOCATABLE), "4");
  });
});
