import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { ExportRule } from "../../../federation/config/exports.ts";
import { bar, cluster, exportsOf, found, pod, exportsIn, twoPorts } from "./exportsFixture.ts";

const services = ["bar"];

describe("The owner of a Service", () => {
  it("opts out by a label on it or its namespace, without a warning", () => {
    const no = { "istio-federation.dev/export": "false" };
    const other = { ...bar, namespace: "abc" };
    const all: ExportRule[] = [{ services: ["*"] }];
    const workloads = [pod, { ...pod, namespace: "abc" }];
    for (const input of [
      found({ services: [{ ...bar, labels: no }, other], workloads }),
      found({
        services: [bar, other],
        workloads,
        namespaces: { xyz: no, abc: { "istio-federation.dev/export": "true" } },
      }),
    ]) {
      const { services: offered, offers, warnings } = exportsIn(input, all, cluster);
      assert.deepEqual(Object.keys(offered), ["bar.abc.svc.cluster-b.local"]);
      assert.deepEqual([offers.length, warnings], [1, []]);
    }
  });

  const owned = (annotations: Record<string, string>, rule: ExportRule = { services }) =>
    exportsOf({ ports: twoPorts, annotations }, [pod], [rule]);
  const ports = "istio-federation.dev/export-ports";
  const to = "istio-federation.dev/export-to";

  it("can reduce the ports, and not extend them", () => {
    for (const value of ["grpc", " 9090 ", "grpc,9090"]) {
      const { offered, warned } = owned({ [ports]: value });
      assert.deepEqual([offered?.ports.map(({ name }) => name), warned], [["grpc"], []], value);
    }
    const { offered, rules } = owned({ [ports]: "http,grpc" }, { services, ports: ["http"] });
    assert.deepEqual(
      offered?.ports.map(({ name }) => name),
      ["http"],
    );
    assert.deepEqual(rules, ["is no port that exports[0] exports of it"]);
  });

  it("can reduce the peers, and not extend them", () => {
    assert.deepEqual(owned({ [to]: "cluster-c" }).offered?.peers, ["c.local/c"]);
    const { offered, rules } = owned(
      { [to]: "cluster-a, cluster-c,nobody" },
      { services, peers: ["cluster-a"] },
    );
    assert.deepEqual(offered?.peers, ["a.local/cluster-a"]);
    assert.deepEqual(rules, [
      "is not one of the peers to which exports[0] exports it (cluster-a)",
      "is not one of the peers to which exports[0] exports it (cluster-a)",
    ]);
  });

  for (const [annotation, value] of [
    [ports, ""],
    [ports, "x"],
    [to, " , "],
    [to, "x"],
  ] as const) {
    it(`prevents the export by ${annotation}: ${JSON.stringify(value)}, with a warning`, () => {
      const { offered, offer, warned, rules } = owned({ [annotation]: value });
      assert.deepEqual(
        [offered, offer, warned],
        [undefined, undefined, [`Service xyz/bar.annotations["${annotation}"]`]],
      );
      assert.match(rules[0] ?? "", /so the Service is not exported$/);
    });
  }
});
