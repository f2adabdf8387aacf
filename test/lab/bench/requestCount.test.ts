import assert from "node:assert/strict";
import { between, parseRequestCount } from "../../../lab/bench/apiServer.ts";

/** A line of the API server's metrics, as Kubernetes 1.33 and later write it. */
function line(labels: Record<string, string>, value: string): string {
  const all = {
    code: "200",
    component: "apiserver",
    dry_run: "",
    group: "networking.istio.io",
    resource: "serviceentries",
    scope: "resource",
    subresource: "",
    verb: "GET",
    version: "v1",
    ...labels,
  };
  const written = Object.entries(all).map(([name, content]) => `${name}="${content}"`);
  return `apiserver_request_total{${written.join(",")}} ${value}`;
}

describe("the count of requests at the API server", () => {
  const metrics = [
    "# TYPE apiserver_request_total counter",
    line({ verb: "LIST", scope: "namespace" }, "20"),
    line({ verb: "GET" }, "3"),
    line({ verb: "APPLY", code: "201" }, "1.0234e+04"),
    line({ verb: "DELETE" }, "5"),
    line({ verb: "APPLY", dry_run: "All" }, "100"),
    line({ verb: "PATCH", subresource: "status" }, "7000"),
    line({ verb: "WATCH", scope: "cluster" }, "4"),
    line({ verb: "APPLY", resource: "workloadentries" }, "50"),
    line({ verb: "APPLY" }, "1").replace("apiserver_request_total", "apiserver_request_slo_total"),
  ].join("\n");

  it("tells writes from reads and dry runs, and istiod's status writes from all of them", () => {
    assert.deepEqual(parseRequestCount(metrics), { writes: 10_239, requests: 10_362, statusWrites: 7000 });
  });

  it("is nothing before the first request", () => {
    assert.deepEqual(parseRequestCount(""), { writes: 0, requests: 0, statusWrites: 0 });
  });

  it("gives what came in between", () => {
    const before = { writes: 1, requests: 5, statusWrites: 9 };
    assert.deepEqual(between(before, { writes: 2, requests: 8, statusWrites: 30 }), {
      writes: 1,
      requests: 3,
    });
  });
});
