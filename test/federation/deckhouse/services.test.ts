import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { convertPublicServices } from "../../../federation/deckhouse/services.ts";
import { BAR } from "../samples.ts";

const ANY = { subjectAltNames: ["spiffe://cluster-b.local/ns/{namespace}/sa/{name}"] };
const convert = (
  list: readonly unknown[],
  identities: Parameters<typeof convertPublicServices>[1]["identities"] = [ANY],
) =>
  convertPublicServices(list, {
    clusterDomain: "cluster-b.local",
    trustDomain: "cluster-b.local",
    identities,
  });
const portsOf = (ports: unknown) => convert([{ hostname: BAR, ports }]).services[BAR]?.ports;

describe("A port of a Deckhouse cluster's service", () => {
  for (const [name, protocol] of [
    ["http", "HTTP"],
    ["http-web", "HTTP"],
    ["http2", "HTTP2"],
    ["http2-web", "HTTP2"],
    ["https", "TLS"],
    ["https-web", "TLS"],
    ["tls", "TLS"],
    ["tls-https", "TLS"],
    ["grpc", "HTTP2"],
    ["grpc-web", "HTTP2"],
    // Any part of the text before the first '-'.
    ["myhttps", "TLS"],
    ["xgrpcx-tls", "HTTP2"],
    // The rest of the name does not count.
    ["web-http", "TCP"],
    ["tcp", "TCP"],
    ["mongo", "TCP"],
    ["redis", "TCP"],
    ["mysql", "TCP"],
    ["status", "TCP"],
    ["myudp", "TCP"],
  ] as const)
    it(`has protocol ${protocol} by the name ${name}`, () => {
      assert.deepEqual(portsOf([{ name, port: 80 }]), [{ number: 80, name, protocol }]);
    });

  for (const name of [undefined, null, ""])
    it(`is named by its number without a name (${JSON.stringify(name)})`, () => {
      assert.deepEqual(portsOf([{ name, port: 80 }]), [{ number: 80, name: "tcp-80", protocol: "TCP" }]);
    });

  for (const name of ["udp", "udp-dns"])
    it(`is skipped with the name ${name}, and the others are kept`, () => {
      const { services, skipped, skippedHosts } = convert([
        {
          hostname: BAR,
          ports: [
            { name, port: 53 },
            { name: "tcp-dns", port: 53 },
          ],
        },
      ]);
      assert.deepEqual(services[BAR]?.ports, [{ number: 53, name: "tcp-dns", protocol: "TCP" }]);
      assert.deepEqual(
        skipped.map(({ path, value }) => [path, value]),
        [["publicServices[0].ports", name]],
      );
      assert.deepEqual(skippedHosts, []);
    });
});

describe("The services of a Deckhouse cluster", () => {
  it("ignore fields of other versions", () => {
    const old = {
      hostname: BAR,
      virtualIP: "169.254.1.1",
      ports: [{ name: "http", port: 80, protocol: "TCP" }],
    };
    assert.deepEqual(convert([old]).services, {
      [BAR]: {
        ports: [{ number: 80, name: "http", protocol: "HTTP" }],
        subjectAltNames: ["spiffe://cluster-b.local/ns/xyz/sa/bar"],
      },
    });
  });

  it("have the ports of all entries of one host", () => {
    const entry = (...numbers: number[]) => ({
      hostname: BAR,
      ports: numbers.map((port) => ({ name: `http-${port}`, port })),
    });
    assert.deepEqual(
      convert([entry(80, 81), entry(81, 82)]).services[BAR]?.ports.map(({ number }) => number),
      [80, 81, 82],
    );
  });

  for (const [title, entry, path, hosts] of [
    ["a list entry that is no map", "bar", "publicServices[0]", []],
    ["null", null, "publicServices[0]", []],
    ["a host that is no text", { hostname: 1, ports: [] }, "publicServices[0].hostname", []],
    ["ports that are no list", { hostname: BAR, ports: "80" }, "publicServices[0].ports", [BAR]],
    [
      "a port without a number",
      { hostname: BAR, ports: [{ name: "http" }] },
      "publicServices[0].ports[0].port",
      [BAR],
    ],
    [
      "more ports than a ServiceEntry has",
      { hostname: BAR, ports: Array.from({ length: 257 }, (_, port) => ({ name: "udp", port })) },
      "publicServices[0].ports",
      [BAR],
    ],
    [
      "a host of another domain",
      { hostname: "bar.xyz.svc.cluster-c.local" },
      "publicServices[0].hostname",
      ["bar.xyz.svc.cluster-c.local"],
    ],
    [
      "a host that is no Service's",
      { hostname: "shop.example" },
      "publicServices[0].hostname",
      ["shop.example"],
    ],
    [
      "a prototype's key",
      JSON.parse('{"hostname":"__proto__"}'),
      "publicServices[0].hostname",
      ["__proto__"],
    ],
  ] satisfies [string, unknown, string, string[]][])
    it(`are skipped alone for ${title}`, () => {
      const web = { hostname: "web.shop.svc.cluster-b.local", ports: [{ name: "http", port: 80 }] };
      const { services, skipped, skippedHosts } = convert([entry, web]);
      assert.deepEqual(Object.keys(services), [web.hostname]);
      assert.deepEqual(
        skipped.map((fault) => fault.path),
        [path],
      );
      assert.deepEqual(skippedHosts, hosts);
    });

  it("have the identities of the first rule that matches, and without one any of their trust domain", () => {
    const hosts = ["a.shop", "b.shop", "a.pay", "a.other"].map((name) => `${name}.svc.cluster-b.local`);
    const { services, skippedHosts } = convert(
      hosts.map((hostname) => ({ hostname, ports: [{ port: 80 }] })),
      [
        { namespace: ["shop"], service: ["a"], subjectAltNames: ["spiffe://cluster-b.local/ns/x/sa/y"] },
        {
          namespace: ["shop", "p*"],
          subjectAltNames: ["spiffe://cluster-b.local/ns/{namespace}/sa/default"],
        },
        { namespace: ["pay"], subjectAltNames: ["spiffe://cluster-b.local/ns/never/sa/never"] },
      ],
    );
    assert.deepEqual(
      Object.values(services).map(({ subjectAltNames }) => subjectAltNames),
      [
        ["spiffe://cluster-b.local/ns/x/sa/y"],
        ["spiffe://cluster-b.local/ns/shop/sa/default"],
        ["spiffe://cluster-b.local/ns/pay/sa/default"],
        ["spiffe://cluster-b.local/istio-federation/any-workload"],
      ],
    );
    assert.deepEqual(skippedHosts, []);
  });
});
