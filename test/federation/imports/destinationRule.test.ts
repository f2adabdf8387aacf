import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { renderDestinationRule } from "../../../federation/imports/destinationRule.ts";
import { plainImport } from "../../../federation/imports/import.ts";
import { peerImport, shuffled } from "../arbitraries.ts";

const input = {
  host: "httpbin.bar.global",
  service: plainImport({
    ports: [{ number: 8000, name: "http", protocol: "HTTP" as const }],
    subjectAltNames: ["spiffe://cluster.local/ns/bar/sa/httpbin"],
  }),
  exportTo: ["foo", "."],
  namespace: "istio-federation",
  peer: "cluster-2",
};
const REMOTE = "httpbin.bar.svc.cluster.local";
const renamed = { ...input, service: { ...input.service, remoteHost: REMOTE } };

describe("A DestinationRule", () => {
  it("asks the peer's gateway for the name that the service has there", () => {
    assert.deepEqual(renderDestinationRule(renamed), {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: {
        name: "httpbin.bar.global",
        namespace: "istio-federation",
        labels: {
          "app.kubernetes.io/managed-by": "istio-federation",
          "istio-federation.dev/peer": "cluster-2",
        },
      },
      spec: {
        host: "httpbin.bar.global",
        trafficPolicy: {
          tls: { mode: "ISTIO_MUTUAL", sni: "outbound_.8000_._.httpbin.bar.svc.cluster.local" },
        },
        exportTo: [".", "foo"],
      },
    });
  });

  it("asks for each of several ports by itself", () => {
    const ports = [{ number: 9000, name: "grpc", protocol: "GRPC" as const }, ...input.service.ports];
    const { trafficPolicy } = renderDestinationRule({
      ...renamed,
      service: { ...renamed.service, ports },
    }).spec;
    const tls = (port: number) => ({ mode: "ISTIO_MUTUAL", sni: `outbound_.${port}_._.${REMOTE}` });
    assert.deepEqual(trafficPolicy, {
      portLevelSettings: [
        { port: { number: 8000 }, tls: tls(8000) },
        { port: { number: 9000 }, tls: tls(9000) },
      ],
    });
  });

  it("asks a gateway that opens calls for a host name of each port, by the own name where there is no other", () => {
    const ports = [...input.service.ports, { number: 9000, name: "grpc", protocol: "GRPC" as const }];
    const asked = (remoteHost?: string) => {
      const more = { ports, terminated: true, remoteHost };
      return renderDestinationRule({ ...input, service: { ...input.service, ...more } }).spec.trafficPolicy;
    };
    const policy = (host: string) => ({
      portLevelSettings: [8000, 9000].map((number) => ({
        port: { number },
        tls: { mode: "ISTIO_MUTUAL", sni: `p${number}.${host}` },
      })),
    });
    assert.deepEqual(asked(), policy("httpbin.bar.global"));
    assert.deepEqual(asked(REMOTE), policy(REMOTE));
  });

  it("says when a gateway pauses, and leaves mutual TLS to Istio where there is no other name to ask for", () => {
    const outlierDetection = { consecutive5xxErrors: 5, interval: "10s" };
    const ports = [...input.service.ports, { number: 9000, name: "grpc", protocol: "GRPC" as const }];
    const service = { ...input.service, ports, outlierDetection };
    assert.deepEqual(renderDestinationRule({ ...input, service }).spec.trafficPolicy, { outlierDetection });
  });

  it("says so for each port that has a name of its own to ask for, as such a port takes nothing else over", () => {
    const outlierDetection = { consecutive5xxErrors: 5 };
    const ports = [...input.service.ports, { number: 9000, name: "grpc", protocol: "GRPC" as const }];
    const service = { ...renamed.service, ports, outlierDetection };
    const tls = (port: number) => ({ mode: "ISTIO_MUTUAL", sni: `outbound_.${port}_._.${REMOTE}` });
    assert.deepEqual(renderDestinationRule({ ...input, service }).spec.trafficPolicy, {
      portLevelSettings: [
        { port: { number: 8000 }, outlierDetection, tls: tls(8000) },
        { port: { number: 9000 }, outlierDetection, tls: tls(9000) },
      ],
    });
  });

  it("is seen where its service is, if that is said of it", () => {
    const service = { ...renamed.service, exportTo: ["shop"] };
    assert.deepEqual(renderDestinationRule({ ...input, service }).spec.exportTo, ["shop"]);
  });

  it("is the same in bytes for the same input in any order", () => {
    const pairs = peerImport().chain((service) =>
      fc.tuple(fc.constant(service), shuffled(service.ports), shuffled(input.exportTo)),
    );
    fc.assert(
      fc.property(pairs, ([service, ports, exportTo]) => {
        const named = { ...service, remoteHost: REMOTE };
        const one = renderDestinationRule({ ...input, service: named });
        const other = renderDestinationRule({ ...input, service: { ...named, ports }, exportTo });
        assert.equal(JSON.stringify(one), JSON.stringify(other));
      }),
    );
  });
});
