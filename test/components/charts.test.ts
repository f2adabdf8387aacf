import assert from "node:assert/strict";
import { chartSource, withExtraValues } from "../../components/charts.ts";

describe("A chart's source", () => {
  it("is a Helm repository and a version", () => {
    assert.deepEqual(chartSource({ repository: "https://charts.example", version: "1.31.1" }, "istiod"), {
      chart: "istiod",
      version: "1.31.1",
      repositoryOpts: { repo: "https://charts.example" },
    });
  });

  it("is the whole address in an OCI registry, which has no index", () => {
    assert.deepEqual(
      chartSource({ repository: "oci://registry.example/istio/", version: "1.31.1" }, "base"),
      {
        chart: "oci://registry.example/istio/base",
        version: "1.31.1",
      },
    );
  });

  it("is a folder of the chart's name in a local folder", () => {
    assert.deepEqual(chartSource({ folder: "charts" }, "gateway"), { chart: "charts/gateway" });
  });
});

describe("Extra Helm values", () => {
  it("win over ours, map by map, and replace lists", () => {
    const ours = { env: { A: "1", B: "2" }, list: [1, 2] };
    assert.deepEqual(withExtraValues(ours, { env: { B: "3" }, list: [9] }), {
      env: { A: "1", B: "3" },
      list: [9],
    });
  });
});
