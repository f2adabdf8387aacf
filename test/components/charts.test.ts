import assert from "node:assert/strict";
import { chartSource, withExtraValues } from "../../components/charts.ts";

describe("A chart's source", () => {
  it("is a Helm repository with a version", () => {
    assert.deepEqual(chartSource({ repository: "https://charts.example", version: "1.31.1" }, "istiod"), {
      chart: "istiod",
      version: "1.31.1",
      repositoryOpts: { repo: "https://charts.example" },
    });
  });

  it("is the chart's full URL for an OCI registry", () => {
    assert.deepEqual(
      chartSource({ repository: "oci://registry.example/istio/", version: "1.31.1" }, "base"),
      {
        chart: "oci://registry.example/istio/base",
        version: "1.31.1",
      },
    );
  });

  it("is the subfolder named after the chart for a local folder", () => {
    assert.deepEqual(chartSource({ folder: "charts" }, "gateway"), { chart: "charts/gateway" });
  });
});

describe("Extra Helm values", () => {
  it("are merged over the program's: maps key by key, lists as a whole", () => {
    const ours = { env: { A: "1", B: "2" }, list: [1, 2] };
    assert.deepEqual(withExtraValues(ours, { env: { B: "3" }, list: [9] }), {
      env: { A: "1", B: "3" },
      list: [9],
    });
  });
});
