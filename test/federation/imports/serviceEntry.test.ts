import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { renderServiceEntry } from "../../../federation/imports/serviceEntry.ts";
import type { ServiceEntryInput } from "../../../federation/imports/import.ts";
import { gateways, peerImport, shuffled } from "../arbitraries.ts";
import { gatewaysOf, portsOf } from "../hostile/extremes.ts";
import { BAR, barImport } from "../samples.ts";

const input: ServiceEntryInput = {
  host: BAR,
  service: { ...barImport, ports: [...barImport.ports, { number: 9090, name: "grpc", protocol: "GRPC" }] },
  gateways: [{ address: "203.0.113.20", port: 15443, locality: "eu/a" }],
  otherGateways: {},
  exportTo: ["*"],
  namespace: "istio-federation",
  peer: "cluster-b",
};

const inputs = fc
  .tuple(peerImport(), gateways(), fc.constantFrom(["*"], ["abc", "xyz"]))
  .map(([service, addresses, exportTo]) => ({ ...input, service, gateways: addresses, exportTo }));

describe("A ServiceEntry", () => {
  it("routes to the peer's gateway with mutual TLS to the remote workload", () => {
    assert.deepEqual(renderServiceEntry(input), {
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      metadata: {
        name: BAR,
        namespace: "istio-federation",
        labels: {
          "app.kubernetes.io/managed-by": "istio-federation",
          "istio-federation.dev/peer": "cluster-b",
        },
        annotations: {},
      },
      spec: {
        hosts: [BAR],
        location: "MESH_INTERNAL",
        resolution: "STATIC",
        ports: [
          { number: 8080, name: "http", protocol: "HTTP" },
          { number: 9090, name: "grpc", protocol: "GRPC" },
        ],
        endpoints: [
          {
            address: "203.0.113.20",
            ports: { http: 15443, grpc: 15443 },
            labels: { "security.istio.io/tlsMode": "istio" },
            locality: "eu/a",
          },
        ],
        subjectAltNames: ["spiffe://cluster-b.local/ns/xyz/sa/bar"],
        exportTo: ["*"],
      },
    });
  });

  it("is STATIC for IP addresses only, and DNS with a host name", () => {
    const resolution = (...addresses: string[]): string =>
      renderServiceEntry({ ...input, gateways: addresses.map((address) => ({ address, port: 15443 })) }).spec
        .resolution;
    assert.equal(resolution("203.0.113.20", "2001:db8::1"), "STATIC");
    assert.equal(resolution("gw.example.com"), "DNS");
    assert.equal(resolution("203.0.113.20", "gw.example.com"), "DNS");
  });

  for (const [what, ports] of [
    ["more ports than endpoints may have", portsOf(129)],
    ["a port name that is too long for endpoints", portsOf(2, 63)],
  ] as const) {
    it(`has the gateways' port as its target ports with ${what}`, () => {
      const service = { ...barImport, ports };
      const { spec } = renderServiceEntry({ ...input, service, gateways: gatewaysOf(2) });
      assert.ok(spec.ports.every(({ targetPort }) => targetPort === 15443));
      assert.ok(spec.endpoints.every((endpoint) => !("ports" in endpoint)));
    });
  }

  it("has one host and no address, so port numbers may repeat in other entries", () => {
    const tcp = { ...barImport, ports: [{ number: 8080, name: "tcp", protocol: "TCP" as const }] };
    const [http, db] = [
      renderServiceEntry({ ...input, service: barImport }),
      renderServiceEntry({ ...input, host: `db.${BAR}`, service: tcp }),
    ];
    assert.notEqual(http.metadata.name, db.metadata.name);
    for (const { metadata, spec } of [http, db]) {
      assert.deepEqual(spec.hosts, [metadata.name]);
      assert.deepEqual([spec.ports.length, spec.ports[0]?.number], [1, 8080]);
      // An address of its own, or `resolution: NONE`, would have istiod allot none.
      assert.ok(!("addresses" in spec));
      assert.notEqual(spec.resolution, "NONE");
    }
  });

  it("is rendered to the same bytes for inputs in any order", () => {
    const pairs = inputs.chain((one) =>
      fc
        .tuple(
          shuffled(one.service.ports),
          shuffled(one.service.subjectAltNames),
          shuffled(one.gateways),
          shuffled(one.exportTo),
        )
        .map(([ports, subjectAltNames, addresses, exportTo]) => ({
          one,
          other: {
            ...one,
            service: { ...one.service, ports, subjectAltNames },
            gateways: addresses,
            exportTo,
          },
        })),
    );
    fc.assert(
      fc.property(pairs, ({ one, other }) => {
        assert.equal(JSON.stringify(renderServiceEntry(one)), JSON.stringify(renderServiceEntry(other)));
      }),
    );
  });
});
