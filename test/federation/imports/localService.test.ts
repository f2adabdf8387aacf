import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { isImport } from "../../../federation/core/labels.ts";
import { isHttp, protocolOf } from "../../../federation/core/port.ts";
import { renderLocalService } from "../../../federation/imports/localService.ts";
import { peerImport } from "../arbitraries.ts";
import { BAR, barImport } from "../samples.ts";

const more = { host: BAR, exportTo: ["shop", "client"], namespace: "istio-federation", peer: "cluster-b" };

describe("The local Service of an imported one", () => {
  it("has the import's ports, and routes that rewrite the host for HTTP only", () => {
    const service = {
      ...barImport,
      ports: [
        { number: 9090, name: "grpc", protocol: "GRPC" as const },
        { number: 8443, name: "tls", protocol: "TLS" as const },
        { number: 8080, name: "web", protocol: "HTTP" as const },
        { number: 6379, name: "redis", protocol: "REDIS" as const },
      ],
    };
    const metadata = {
      name: "bar-xyz-cluster-b",
      namespace: "istio-federation",
      labels: {
        "app.kubernetes.io/managed-by": "istio-federation",
        "istio-federation.dev/peer": "cluster-b",
      },
    };
    const port = (number: number, name: string, appProtocol: string) => {
      return { name, port: number, protocol: "TCP", targetPort: number, appProtocol };
    };
    const route = (number: number) => ({
      match: [{ port: number }],
      route: [{ destination: { host: BAR, port: { number } } }],
    });
    assert.deepEqual(renderLocalService("bar-xyz-cluster-b", { ...more, service }), [
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: {
          ...metadata,
          annotations: { "istio-federation.dev/host": BAR, "networking.istio.io/exportTo": "client,shop" },
        },
        spec: {
          type: "ClusterIP",
          ports: [
            port(6379, "redis", "tcp"),
            port(8080, "web", "http"),
            port(8443, "tls", "tcp"),
            port(9090, "grpc", "grpc"),
          ],
        },
      },
      {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { ...metadata, annotations: { "istio-federation.dev/host": BAR } },
        spec: {
          hosts: ["bar-xyz-cluster-b"],
          http: [8080, 9090].map((number) => ({ ...route(number), rewrite: { authority: BAR } })),
          tcp: [6379, 8443].map(route),
          exportTo: ["client", "shop"],
        },
      },
    ]);
  });

  it("has the exportTo of its service", () => {
    const [service, routes] = renderLocalService("x", {
      ...more,
      service: { ...barImport, exportTo: ["pay"] },
    });
    assert.equal(service.metadata.annotations["networking.istio.io/exportTo"], "pay");
    assert.deepEqual(routes.spec.exportTo, ["pay"]);
  });

  it("has one route per port, of the port's protocol, and is labelled as an import", () => {
    fc.assert(
      fc.property(peerImport(), (service) => {
        const [local, routes] = renderLocalService("x", { ...more, service });
        const { http = [], tcp = [] } = routes.spec;
        const routed = [...http, ...tcp].map(({ match: [match], route: [first] }) => {
          assert.deepEqual(first?.destination, { host: BAR, port: { number: match?.port } });
          return match?.port;
        });
        const numbers = service.ports.map(({ number }) => number);
        assert.deepEqual(new Set(routed), new Set(numbers));
        assert.equal(routed.length, numbers.length);
        assert.deepEqual(
          local.spec.ports.map(({ port, name }) => [port, name]),
          service.ports
            .map(({ number, name }) => [number, name])
            .sort(([one], [other]) => Number(one) - Number(other)),
        );
        for (const port of local.spec.ports) {
          const { protocol = "TCP" } = service.ports.find(({ number }) => number === port.port) ?? {};
          assert.equal(protocolOf(port), isHttp(protocol) ? protocol : "TCP");
        }
        assert.ok(isImport(local.metadata.labels) && isImport(routes.metadata.labels));
        const reversed = { ...service, ports: service.ports.toReversed() };
        assert.deepEqual(renderLocalService("x", { ...more, service: reversed }), [local, routes]);
      }),
    );
  });
});
