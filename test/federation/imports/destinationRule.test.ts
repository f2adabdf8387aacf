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
  it("has the remote host in its SNI", () => {
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

  it("has port level settings for several ports", () => {
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

  it("has a host name per port in the SNI for a TLS-terminating gateway", () => {
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

  it("has outlier detection, and no TLS settings where local and remote host are equal", () => {
    const outlierDetection = { consecutive5xxErrors: 5, interval: "10s" };
    const ports = [...input.service.ports, { number: 9000, name: "grpc", protocol: "GRPC" as const }];
    const service = { ...input.service, ports, outlierDetection };
    assert.deepEqual(renderDestinationRule({ ...input, service }).spec.trafficPolicy, { outlierDetection });
  });

  it("repeats outlier detection in port level settings, which inherit nothing", () => {
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

  it("has the exportTo of its service", () => {
    const service = { ...renamed.service, exportTo: ["shop"] };
    assert.deepEqual(renderDestinationRule({ ...input, service }).spec.exportTo, ["shop"]);
  });

  it("is rendered to the same bytes for inputs in any order", () => {
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
