import assert from "node:assert/strict";
import { hasNewTargets, routeTargets } from "../../../federation/traffic/routeTargets.ts";
import type { TrafficObject } from "../../../federation/traffic/trafficObject.ts";

const object = (kind: string, spec: object, group = "networking.istio.io"): TrafficObject => ({
  ...{ group, kind, apiVersion: `${group}/v1`, namespace: "shop", name: "httpbin" },
  ...{ labels: {}, annotations: {}, owner: undefined, source: "httpbin.yaml", spec: { ...spec } },
});
const to = (host: string, subset?: string) => ({ destination: { host, ...(subset && { subset }) } });

describe("Targets of routes", () => {
  it("are the destinations of VirtualServices", () => {
    const routes = {
      http: [
        { route: [to("httpbin", "v2"), to("httpbin.shop", "v1")], mirror: { host: "stock.example.com" } },
      ],
      tcp: [{ route: [to("httpbin", "v2")] }],
    };
    const rule = { host: "httpbin", subsets: [{ name: "v2" }, { name: "v1" }] };
    const objects = [
      object("VirtualService", routes),
      object("DestinationRule", rule),
      object("ServiceEntry", { hosts: ["stock.example.com"] }),
      object("HTTPRoute", routes, "gateway.networking.k8s.io"),
    ];
    const [v1, v2] = ["httpbin.shop, subset v1", "httpbin.shop, subset v2"];
    assert.deepEqual(routeTargets(objects), [v1, v2, "stock.example.com"]);
  });

  for (const [title, before, after, isNew] of [
    ["are not new where nothing changes", ["a"], ["a"], false],
    ["are new in the first update", [], ["a"], true],
    ["are new where a route names another one, too", ["a"], ["a", "b"], true],
    ["are new where a route names another one instead", ["a"], ["b"], true],
    ["are not new where routes end", ["a", "b"], ["a"], false],
  ] as const)
    it(title, () => {
      assert.equal(hasNewTargets(before, after), isNew);
    });
});
