import assert from "node:assert/strict";
import type { Crd } from "../../../federation/traffic/crd.ts";
import { unchangedLists, withAddedRoutes, withLiveFields } from "../../../federation/traffic/liveFields.ts";
import { contextOf } from "./trafficCase.ts";

const WEIGHTS = "istio-federation.dev/ignore-weights";
const LABELS = "istio-federation.dev/ignore-subset-labels";

/** YAML of an object `shop/reviews`, with the value of an annotation, and its spec in flow style. */
function annotated(kind: string, spec: string, annotation: string, value = "true"): string {
  const group = kind === "HTTPRoute" ? "gateway.networking.k8s.io" : "networking.istio.io";
  return `apiVersion: ${group}/v1\nkind: ${kind}\nmetadata: {name: reviews, namespace: shop, annotations: {${annotation}: "${value}"}}\nspec: {${spec}}\n---\n`;
}

/** A route to subsets of `reviews`: `{v1: 80, v2: 20}`; undefined leaves the weight out. */
function route(weights: Record<string, number | undefined>, fields = "", host = "reviews"): string {
  const destinations = Object.entries(weights).map(
    ([subset, weight]) =>
      `{destination: {host: ${host}, subset: ${subset}}${weight === undefined ? "" : `, weight: ${weight}`}}`,
  );
  return `{${fields === "" ? "" : `${fields}, `}route: [${destinations.join(", ")}]}`;
}
const http = (...routes: string[]) => `hosts: [reviews], http: [${routes.join(", ")}]`;
const service = (spec: string, value?: string) => annotated("VirtualService", spec, WEIGHTS, value);
const rule = (labels: string, value?: string) =>
  annotated("DestinationRule", `host: reviews, subsets: [${labels}]`, LABELS, value);
const httpRoute = (spec: string, value?: string) => annotated("HTTPRoute", spec, WEIGHTS, value);

const BACKEND = {
  type: "object",
  properties: { kind: { type: "string", default: "Service" }, weight: { type: "integer", default: 1 } },
};
const HTTP_ROUTE: Crd = {
  ...{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", plural: "httproutes", isNamespaced: true },
  versions: [
    {
      name: "v1",
      schema: {
        properties: {
          spec: {
            properties: {
              rules: { items: { properties: { backendRefs: { items: BACKEND } } } },
            },
          },
        },
      },
    },
  ],
};

type Case = [title: string, file: string, live: string, declared: string, unchanged: readonly string[]];
const CASES: readonly Case[] = [
  [
    "as the file has them for an object that is not there",
    service(http(route({ v1: 80, v2: 20 }))),
    "",
    service(http(route({ v1: 80, v2: 20 }))),
    [],
  ],
  [
    "as they are in the cluster, in a list that is not written",
    service(http(route({ v1: 80, v2: 20 }))),
    service(http(route({ v1: 35, v2: 65 }))),
    service(http(route({ v1: 35, v2: 65 }))),
    ["http"],
  ],
  [
    "as they are in the cluster, in a list that is written for another change",
    service(http(route({ v1: 80, v2: 20 }, "timeout: 5s"))),
    service(http(route({ v1: 35, v2: 65 }))),
    service(http(route({ v1: 35, v2: 65 }, "timeout: 5s"))),
    [],
  ],
  [
    "as they are in the cluster, in a list that loses a field",
    service(http(route({ v1: 80, v2: 20 }))),
    service(http(route({ v1: 35, v2: 65 }, "timeout: 5s"))),
    service(http(route({ v1: 35, v2: 65 }))),
    [],
  ],
  [
    "of named routes alone",
    service(http(route({ v1: 80, v2: 20 }, "name: a"), route({ v1: 1, v2: 99 }, "name: b")), "a"),
    service(http(route({ v1: 35, v2: 65 }, "name: a"), route({ v1: 35, v2: 65 }, "name: b")), "a"),
    service(http(route({ v1: 35, v2: 65 }, "name: a"), route({ v1: 1, v2: 99 }, "name: b")), "a"),
    [],
  ],
  [
    "that the file, or the cluster, leaves to the default",
    service(http(route({ v1: 100, v2: undefined }), route({ v1: 1, v2: 99 }, "match: [{port: 1}]"))),
    service(http(route({ v1: 90, v2: 10 }), route({ v1: 100, v2: undefined }, "match: [{port: 1}]"))),
    service(http(route({ v1: 90, v2: 10 }), route({ v1: 100, v2: undefined }, "match: [{port: 1}]"))),
    ["http"],
  ],
  [
    "of destinations in another order, with full host names",
    service(http(route({ v2: 20, v1: 80 }, "", "reviews.shop.svc.paris.local"))),
    service(http(route({ v1: 35, v2: 65 }))),
    service(http(route({ v2: 65, v1: 35 }, "", "reviews.shop.svc.paris.local"))),
    [],
  ],
  [
    "of one destination twice, in their order",
    service(
      "hosts: [reviews], http: [{route: [{destination: {host: a}, weight: 1}, {destination: {host: a}, weight: 2}]}]",
    ),
    service(
      "hosts: [reviews], http: [{route: [{destination: {host: a}, weight: 3}, {destination: {host: a}, weight: 4}]}]",
    ),
    service(
      "hosts: [reviews], http: [{route: [{destination: {host: a}, weight: 3}, {destination: {host: a}, weight: 4}]}]",
    ),
    ["http"],
  ],
  [
    "as the file has them for a route to other destinations",
    service(http(route({ v1: 80, v3: 20 }))),
    service(http(route({ v1: 35, v2: 65 }))),
    service(http(route({ v1: 80, v3: 20 }))),
    [],
  ],
  [
    "of a route that gets a name",
    service(http(route({ v1: 80, v2: 20 }, "name: a")), "a"),
    service(http(route({ v1: 35, v2: 65 }))),
    service(http(route({ v1: 35, v2: 65 }, "name: a")), "a"),
    [],
  ],
  [
    "of the route with the same match, behind one that is added",
    service(
      http(
        route({ v1: 5, v2: 95 }, "match: [{port: 3}]"),
        route({ v1: 80, v2: 20 }, "match: [{port: 1}]"),
        route({ v1: 80, v2: 20 }, "match: [{port: 2}]"),
      ),
    ),
    service(
      http(
        route({ v1: 35, v3: 65 }),
        route({ v1: 11, v2: 89 }, "match: [{port: 1}]"),
        route({ v1: 22, v2: 78 }, "match: [{port: 2}]"),
      ),
    ),
    service(
      http(
        route({ v1: 5, v2: 95 }, "match: [{port: 3}]"),
        route({ v1: 11, v2: 89 }, "match: [{port: 1}]"),
        route({ v1: 22, v2: 78 }, "match: [{port: 2}]"),
      ),
    ),
    [],
  ],
  [
    "of TCP and TLS, each list by itself",
    service(`hosts: [reviews], tcp: [${route({ v1: 80, v2: 20 })}], tls: [${route({ v1: 80, v2: 20 })}]`),
    service(
      `hosts: [reviews], tcp: [${route({ v1: 35, v2: 65 })}], tls: [${route({ v1: 35, v2: 65 }, "match: [{port: 1}]")}]`,
    ),
    service(`hosts: [reviews], tcp: [${route({ v1: 35, v2: 65 })}], tls: [${route({ v1: 35, v2: 65 })}]`),
    ["tcp"],
  ],
  [
    "of an HTTPRoute, whose defaults the API server adds",
    httpRoute("rules: [{backendRefs: [{name: a, port: 80, weight: 100}, {name: b, port: 80}]}]"),
    httpRoute(
      "rules: [{backendRefs: [{kind: Service, name: a, port: 80, weight: 30}, {kind: Service, name: b, port: 80, weight: 70}]}]",
    ),
    httpRoute("rules: [{backendRefs: [{name: a, port: 80, weight: 30}, {name: b, port: 80, weight: 70}]}]"),
    ["rules"],
  ],
  [
    "no others than those of annotated objects",
    service(http(route({ v1: 80, v2: 20 }))).replace(WEIGHTS, "note"),
    service(http(route({ v1: 35, v2: 65 }))).replace(WEIGHTS, "note"),
    service(http(route({ v1: 80, v2: 20 }))).replace(WEIGHTS, "note"),
    [],
  ],
  [
    "as labels of subsets, as they are in the cluster",
    rule("{name: v1, labels: {app: a}}, {name: v2, labels: {app: a}}"),
    rule("{name: v1, labels: {app: a, rollouts-pod-template-hash: f00}}, {name: v2}"),
    rule("{name: v1, labels: {app: a, rollouts-pod-template-hash: f00}}, {name: v2}"),
    ["subsets"],
  ],
  [
    "as labels of named subsets, beside one that is added",
    rule("{name: v1, labels: {app: a}}, {name: v2, labels: {app: a}}, {name: v3, labels: {app: c}}", "v1,v3"),
    rule("{name: v1, labels: {app: b}}, {name: v2, labels: {app: b}}", "v1,v3"),
    rule("{name: v1, labels: {app: b}}, {name: v2, labels: {app: a}}, {name: v3, labels: {app: c}}", "v1,v3"),
    [],
  ],
];

describe("Fields that the stack ignores are declared", () => {
  for (const [title, file, live, declared, unchanged] of CASES)
    it(title, () => {
      const { objects, hosts } = contextOf(file);
      const cluster = { applied: contextOf(live).objects, crds: [HTTP_ROUTE] };
      const current = withLiveFields(objects, cluster, hosts);
      assert.deepEqual(
        current.map(({ spec }) => spec),
        contextOf(declared).objects.map(({ spec }) => spec),
      );
      assert.deepEqual(Object.values(unchangedLists(current, cluster)).flat(), unchanged);
      const applied = current.map((object) => ({ ...object, annotations: {} }));
      assert.deepEqual(withLiveFields(objects, { ...cluster, applied }, hosts), current, "a second time");
    });

  it("together with routes that another controller added, which stay in front", () => {
    const own = http(route({ v1: 80, v2: 20 }));
    const [header, mirror] = [route({ v2: 100 }, "name: header"), route({ v2: 100 }, "name: mirror")];
    const annotate = (spec: string) =>
      annotated("VirtualService", spec, "istio-federation.dev/ignore-routes", "header, mirror, later");
    const declared = (file: string, live: string) => {
      const cluster = { applied: contextOf(annotate(live)).objects, crds: [] };
      const [object] = withAddedRoutes(contextOf(annotate(file)).objects, cluster);
      assert.ok(object !== undefined);
      return [object.spec["http"], Object.values(unchangedLists([object], cluster)).flat()];
    };
    const routesOf = (spec: string) => contextOf(annotate(spec)).objects[0]?.spec["http"];
    const added = `hosts: [reviews], http: [${header}, ${mirror}, ${route({ v1: 80, v2: 20 })}]`;
    const edited = http(route({ v1: 50, v2: 50 }));
    const written = `hosts: [reviews], http: [${header}, ${mirror}, ${route({ v1: 50, v2: 50 })}]`;
    assert.deepEqual(declared(own, added), [routesOf(added), ["http"]]);
    assert.deepEqual(declared(edited, added), [routesOf(written), []]);
    assert.deepEqual(declared(own, own), [routesOf(own), ["http"]]);
  });

  it("as the file has them, in lists that are not written, while the cluster cannot be read", () => {
    const { objects, hosts } = contextOf(service(`${http(route({ v1: 80, v2: 20 }))}, tls: []`));
    const cluster = { applied: undefined, crds: [] };
    assert.deepEqual(withLiveFields(objects, cluster, hosts), objects);
    assert.deepEqual(unchangedLists(objects, cluster), {
      "networking.istio.io/VirtualService/shop/reviews": ["http"],
    });
  });
});
