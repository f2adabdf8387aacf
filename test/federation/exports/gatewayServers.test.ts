import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { OWN_GATEWAY } from "../../../federation/core/gatewayPlace.ts";
import { DNS_LABEL } from "../../../federation/core/names.ts";
import {
  gatewayServers,
  terminatedRoute,
  gatewayIdentity,
  gatewayListeners,
} from "../../../federation/exports/gatewayListeners.ts";
import { contractService, label } from "../arbitraries.ts";
import { BAR, barService } from "../samples.ts";

const FOO = "foo.xyz.svc.cluster-b.local";
const terminatedService = { ...barService, terminated: true as const };

describe("The servers of the gateway", () => {
  it("are one for passthrough and one per terminated port, on the same gateway port", () => {
    const servers = gatewayServers(
      gatewayListeners({ [BAR]: terminatedService, [FOO]: barService }),
      "10.0.0.1",
    );
    const name = servers[1]?.port.name ?? "";
    assert.match(name, /^tls-8080-[0-9a-f]{16}$/);
    assert.deepEqual(servers, [
      {
        port: { number: 15443, name: "tls", protocol: "TLS" },
        tls: { mode: "AUTO_PASSTHROUGH" },
        hosts: [FOO],
        bind: "10.0.0.1",
      },
      {
        port: { number: 15443, name, protocol: "TLS" },
        tls: { mode: "ISTIO_MUTUAL" },
        hosts: [`./p8080.${BAR}`],
        bind: "10.0.0.1",
      },
    ]);
  });

  it("do not exist without exports, nor for passthrough where all TLS is terminated", () => {
    assert.deepEqual(gatewayServers(gatewayListeners({}), undefined), []);
    assert.deepEqual(
      gatewayServers(gatewayListeners({ [BAR]: terminatedService }), undefined).map(({ tls }) => tls.mode),
      ["ISTIO_MUTUAL"],
    );
  });

  it("have unique valid names and hosts, whatever the order of services", () => {
    const service = fc
      .tuple(contractService(), fc.boolean())
      .map(([each, isOpened]) => (isOpened ? { ...each, terminated: true as const } : each));
    const named = fc.tuple(label(), service).map(([name, each]) => [`${name}.${BAR}`, each] as const);
    fc.assert(
      fc.property(fc.uniqueArray(named, { selector: ([host]) => host }), (services) => {
        const servers = gatewayServers(gatewayListeners(Object.fromEntries(services)), undefined);
        const names = servers.map(({ port }) => port.name);
        const hosts = servers.flatMap((server) => server.hosts);
        assert.equal(new Set(names).size, names.length);
        assert.ok(names.every((name) => DNS_LABEL.test(name)));
        assert.equal(new Set(hosts).size, hosts.length);
        const ports = services.flatMap(([host, { terminated, ports: own }]) =>
          terminated ? own.map(({ number }) => `./p${number}.${host}`) : [host],
        );
        assert.deepEqual([...hosts].sort(), ports.sort());
        assert.deepEqual(
          gatewayServers(gatewayListeners(Object.fromEntries(services.toReversed())), undefined),
          servers,
        );
      }),
    );
  });

  it("have a TCP route for each port to its Service", () => {
    const [port = assert.fail()] = gatewayListeners({ [BAR]: terminatedService }).terminated;
    assert.deepEqual(terminatedRoute(OWN_GATEWAY, port), {
      hosts: [`p8080.${BAR}`],
      gateways: ["istio-gateway/eastwestgateway"],
      exportTo: ["."],
      tcp: [
        {
          match: [{ port: 15443, gateways: ["istio-gateway/eastwestgateway"] }],
          route: [{ destination: { host: BAR, port: { number: 8080 } } }],
        },
      ],
    });
  });

  it("use the gateway's service account", () => {
    assert.equal(
      gatewayIdentity({
        trustDomain: "b.example",
        gateway: { ...OWN_GATEWAY, serviceAccount: "eastwestgateway" },
      }),
      "spiffe://b.example/ns/istio-gateway/sa/eastwestgateway",
    );
    assert.match(
      gatewayIdentity({
        trustDomain: "b.example",
        gateway: { ...OWN_GATEWAY, namespace: "mesh", serviceAccount: "own" },
      }),
      /ns\/mesh\/sa\/own$/,
    );
  });
});
