import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { pinnedVersion } from "../../../lab/tools/versions.ts";
import { KUBECONFIG, LOCAL_CLUSTER, configFaults, validConfig } from "../samples.ts";

describe("The source of Istio's charts", () => {
  it("is by default the release tested in the lab", () => {
    const { charts } = validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG }, "cluster-a").istio;
    const release = /^\d+\.\d+/;
    assert.ok("version" in charts);
    assert.equal(release.exec(charts.version)?.[0], release.exec(pinnedVersion("pilot-discovery"))?.[0]);
  });

  for (const [name, raw, path] of [
    [
      "a folder and a repository",
      { istio: { charts: { folder: "x", repository: "https://x.y" } } },
      "istio.charts.folder",
    ],
    [
      "a folder and a version",
      { istio: { charts: { folder: "x", version: "1.31.1" } } },
      "istio.charts.folder",
    ],
    [
      "a repository without a scheme",
      { istio: { charts: { repository: "x.y" } } },
      "istio.charts.repository",
    ],
    ["a version range", { istio: { charts: { version: "~1.31" } } }, "istio.charts.version"],
    [
      "a version that YAML reads as a number",
      { istio: { charts: { version: 1.3 } } },
      "istio.charts.version",
    ],
  ] as const) {
    it(`is refused for ${name}`, () => {
      assert.deepEqual(configFaults(raw), [path]);
    });
  }
});

describe("Extra Helm values", () => {
  for (const [path, raw] of Object.entries({
    "istio.values.istiod.meshConfig.caCertificates": {
      istio: { values: { istiod: { meshConfig: { caCertificates: [] } } } },
    },
    "istio.values.istiod.meshConfig.trustDomain": {
      istio: { values: { istiod: { meshConfig: { trustDomain: "x" } } } },
    },
    "istio.values.istiod.global.network": { istio: { values: { istiod: { global: { network: "x" } } } } },
    "gateway.values.service.type": { gateway: { values: { service: { type: "NodePort" } } } },
    "gateway.values.labels.istio": { gateway: { values: { labels: { istio: "x" } } } },
  })) {
    it(`may not contradict the contract by ${path}`, () => {
      assert.deepEqual(configFaults(raw), [path]);
    });
  }

  it("may set any other key", () => {
    const values = {
      istiod: { meshConfig: { accessLogFile: "/dev/stdout" }, global: { tag: "x" } },
      base: { a: 1 },
    };
    assert.deepEqual(configFaults({ istio: { values }, gateway: { values: { replicaCount: 2 } } }), []);
  });
});
