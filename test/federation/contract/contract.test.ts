import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { parseContract, readContract } from "../../../federation/contract/contract.ts";
import { FaultsError } from "../../../federation/core/fault.ts";
import { contractService, gateways, label, shuffled } from "../arbitraries.ts";
import { BAR, LEAF, ROOT_A, ROOT_B, barService, contractOf, faultsThrown } from "../samples.ts";

const faultsOf = (value: unknown): string[] => faultsThrown(() => readContract(value, "contract of b"));
const refusedOf = (services: unknown): string[] =>
  readContract(contractOf({ services }), "contract of b").refused.map(({ path, rule }) => `${path}: ${rule}`);

/** Fit contracts in their final form. */
const contracts = fc
  .tuple(gateways(), fc.dictionary(label(), contractService(), { maxKeys: 4 }))
  .map(([addresses, byName]) => {
    const services = Object.entries(byName).map(
      ([name, service]) => [`${name}.xyz.svc.cluster-b.local`, service] as const,
    );
    return contractOf({
      gateways: addresses,
      services: Object.fromEntries(services.sort(([one], [other]) => (one < other ? -1 : 1))),
    });
  });

describe("A contract", () => {
  it("is parsed unchanged from its JSON", () => {
    fc.assert(
      fc.property(contracts, (contract) => {
        const read = parseContract(JSON.parse(JSON.stringify(contract)), "contract of b");
        assert.equal(JSON.stringify(parseContract(read, "again")), JSON.stringify(read));
        assert.deepEqual(read, contract);
      }),
    );
  });

  it("is rendered to the same bytes in any order of its parts", () => {
    const pairs = contracts.chain((contract) =>
      fc.tuple(
        fc.constant(contract),
        shuffled(contract.gateways),
        shuffled(Object.entries(contract.services)),
      ),
    );
    fc.assert(
      fc.property(pairs, ([contract, addresses, services]) => {
        const reversed = services.map(([host, service]) => [
          host,
          { ...service, ports: service.ports.toReversed() },
        ]);
        const other = { ...contract, gateways: addresses, services: Object.fromEntries(reversed) as unknown };
        assert.equal(JSON.stringify(parseContract(other, "b")), JSON.stringify(parseContract(contract, "b")));
      }),
    );
  });

  it("loses duplicates and unknown fields", () => {
    const gateway = { address: "2001:DB8::1", port: 15443 };
    const read = parseContract(
      {
        ...contractOf({
          rootCertificates: [ROOT_B, ROOT_A, `\nnoted by hand\n${ROOT_B}`],
          gateways: [{ ...gateway, address: "2001:db8:0::1", weight: 3 }, gateway],
          services: { [BAR]: { ...barService, colour: "red" } },
        }),
        since: 2026,
      },
      "b",
    );
    assert.deepEqual(Object.keys(read), Object.keys(contractOf()));
    assert.deepEqual(read.rootCertificates, [ROOT_A, ROOT_B].sort());
    assert.deepEqual(read.gateways, [{ address: "2001:db8::1", port: 15443 }]);
    assert.deepEqual(read.services, { [BAR]: barService });
  });

  it("of a newer version is refused with both versions and no other fault", () => {
    assert.deepEqual(faultsOf({ schemaVersion: 7, anything: true }), [
      "schemaVersion: is 7, newer than 1, the newest that this program reads",
    ]);
  });

  it("may have a mesh domain outside reserved domains", () => {
    assert.deepEqual(faultsOf(contractOf({ meshDomain: "cluster-b.mesh" })), []);
    for (const meshDomain of ["local", "cluster.local", "x.svc.cluster.local", "x.global", "B", null]) {
      assert.match(faultsOf(contractOf({ meshDomain })).join(), /^meshDomain: must be/);
    }
  });

  it("may have no gateways and no services", () => {
    assert.deepEqual(faultsOf(contractOf({ gateways: [], services: {} })), []);
  });

  it("is refused with all faults at once", () => {
    const faulty = contractOf({
      cluster: "B",
      clusterDomain: "127.1",
      trustDomain: "a_b",
      network: 5,
      rootCertificates: [],
      gateways: [{ address: "a b", port: 0 }, { address: "1.2.3.4" }],
    });
    const paths = faultsOf(faulty).map((fault) => fault.split(": ")[0]);
    assert.deepEqual(paths.sort(), [
      "cluster",
      "clusterDomain",
      "gateways[0].address",
      "gateways[0].port",
      "gateways[1].port",
      "network",
      "rootCertificates",
      "trustDomain",
    ]);
  });

  for (const [name, value] of Object.entries({
    nothing: undefined,
    null: null,
    text: "{}",
    list: [],
    "empty map": {},
    "old version": contractOf({ schemaVersion: 0 }),
    "version as text": contractOf({ schemaVersion: "1" }),
    "services as a list": contractOf({ services: [] }),
  })) {
    it(`is refused when it is: ${name}`, () => {
      assert.notDeepEqual(faultsOf(value), []);
    });
  }

  it("refuses a root that is not exactly one CA certificate, without quoting it", () => {
    for (const root of [
      "",
      "x",
      LEAF,
      ROOT_A + ROOT_B,
      ROOT_A.replace("CERTIFICATE", "PRIVATE KEY"),
      ROOT_A.slice(0, 99),
    ]) {
      assert.throws(
        () => parseContract(contractOf({ rootCertificates: [root] }), "b"),
        (error) => error instanceof FaultsError && error.faults.every(({ value }) => value === undefined),
      );
      assert.deepEqual(faultsOf(contractOf({ rootCertificates: [root] })), [
        "rootCertificates[0]: must be exactly one CA certificate in PEM",
      ]);
    }
  });

  const [port] = barService.ports;
  for (const [name, service, path] of [
    ["is not a map", 5, ""],
    ["has no ports", { ...barService, ports: [] }, ".ports"],
    ["has too many ports", { ...barService, ports: manyPorts(257) }, ".ports"],
    ["has port 0", { ...barService, ports: [{ ...port, number: 0 }] }, ".ports[0].number"],
    ["has a fractional port", { ...barService, ports: [{ ...port, number: 80.5 }] }, ".ports[0].number"],
    ["has a port with a bad name", { ...barService, ports: [{ ...port, name: "a_b" }] }, ".ports[0].name"],
    [
      "has an unknown protocol",
      { ...barService, ports: [{ ...port, protocol: "QUIC" }] },
      ".ports[0].protocol",
    ],
    ["has a number twice", { ...barService, ports: [port, { ...port, name: "b" }] }, ".ports[1].number"],
    ["has a name twice", { ...barService, ports: [port, { ...port, number: 1 }] }, ".ports[1].name"],
    ["has no identity", { ...barService, subjectAltNames: [] }, ".subjectAltNames"],
    ["has a bad identity", { ...barService, subjectAltNames: ["*"] }, ".subjectAltNames[0]"],
    ["has bad peers", { ...barService, peers: ["a.local/A"] }, ".peers[0]"],
    ["has peers by their names alone", { ...barService, peers: ["a"] }, ".peers[0]"],
    ["has a bad label", { ...barService, labels: { app: "b c" } }, ".labels.app"],
    ["has a label that is not text", { ...barService, labels: { app: 5 } }, ".labels.app"],
    ["has a bad label key", { ...barService, labels: { "a b": "c" } }, '.labels["a b"]'],
    ["has a value other than true for terminated", { ...barService, terminated: false }, ".terminated"],
    ["has labels in a list", { ...barService, labels: ["app"] }, ".labels"],
  ] as const) {
    it(`keeps its good services when one ${name}`, () => {
      const services = { [BAR]: barService, "x.y.svc.cluster-b.local": service };
      const { contract, refused } = readContract(contractOf({ services }), "b");
      assert.deepEqual(contract.services, { [BAR]: barService });
      assert.deepEqual(
        refused.map((fault) => fault.path),
        [`services["x.y.svc.cluster-b.local"]${path}`],
      );
      assert.throws(() => parseContract(contractOf({ services }), "b"), FaultsError);
    });
  }

  it("may have services behind a TLS-terminating gateway", () => {
    const services = { [BAR]: { ...barService, terminated: true as const } };
    assert.deepEqual(parseContract(contractOf({ services }), "b").services, services);
  });

  it("refuses services whose key is not a host name", () => {
    for (const host of [
      "*",
      "*.svc.cluster-b.local",
      "a b",
      "A.svc.cluster-b.local",
      "a..b",
      `${"a".repeat(64)}.b`,
      "127.1",
    ]) {
      assert.equal(refusedOf({ [host]: barService }).length, 1, host);
    }
  });

  it("is parsed or refused with faults, whatever its content", () => {
    const field = fc.oneof(fc.jsonValue(), fc.constant(undefined));
    const mutated = fc
      .tuple(fc.constantFrom(...Object.keys(contractOf())), field)
      .map(([key, value]) => ({ ...contractOf(), [key]: value }));
    const services = fc
      .dictionary(fc.oneof(fc.string(), fc.domain()), fc.oneof(field, contractService()))
      .map((value) => contractOf({ services: value }));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), mutated, services), (value) => {
        faultsOf(value);
      }),
      { numRuns: 1000 },
    );
  });
});

function manyPorts(count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    name: `p${index}`,
    protocol: "TCP",
  }));
}
