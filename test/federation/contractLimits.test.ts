import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { type Fault, FaultsError } from "../../federation/core/fault.ts";
import { type PeerImports, planImports } from "../../federation/imports/contracts.ts";
import { EXTREMES, gatewaysOf, hostOf, identitiesOf, portsOf, servicesOf } from "./hostile/extremes.ts";
import { localCluster, BAR, ROOT_B, barService, contractOf } from "./samples.ts";

const BAD = `bad.${BAR}`;

/** Returns the faults of a contract, as `path: rule` without the common prefix. */
function faultsOf(contract: unknown): string[] {
  const { faults } = planImports(localCluster, { b: contract });
  return faults.map(({ path, rule }) => `${path.replace("peers.b.contract", "")}: ${withoutSizes(rule)}`);
}

/** Sizes change with each field that an entry gets. */
function withoutSizes(rule: string): string {
  return rule.replace(/[\d,]{5,} bytes/, "so many bytes");
}

function planned(contract: unknown): PeerImports {
  const { imports, faults } = planImports(localCluster, { b: contract });
  assert.deepEqual(faults, []);
  assert.ok(imports["b"]);
  return imports["b"];
}

/** Returns the faults of an invalid service beside a valid one, which is imported. */
function refused(service: unknown, changes: object = {}, host = BAD): string[] {
  const found = planned(contractOf({ services: { [BAR]: barService, [host]: service }, ...changes }));
  assert.deepEqual(Object.keys(found.services), [BAR]);
  const start = `peers.b.contract.services["${host}"]`;
  return found.refused.map(({ path, rule }) => {
    assert.ok(path.startsWith(start), path);
    return `${path.slice(start.length)}: ${withoutSizes(rule)}`;
  });
}

describe("A contract's limits", () => {
  for (const [name, contract] of Object.entries(EXTREMES)) {
    it(`allow ${name}`, () => {
      const found = planned(contract);
      assert.deepEqual(found.refused, []);
      assert.equal(Object.keys(found.services).length, 1);
    });
  }

  for (const [name, service, fault, changes] of [
    ["257 ports", { ...barService, ports: portsOf(257) }, ".ports: has 257 entries, and may have 256", {}],
    [
      "129 ports on gateways of two ports",
      { ...barService, ports: portsOf(129) },
      ".ports: must be at most 128, with names of at most 62 characters, as the gateways do not all listen on one port",
      { gateways: gatewaysOf(2, { twoPorts: true }) },
    ],
    [
      "a port's name of 63 characters on gateways of two ports",
      { ...barService, ports: portsOf(1, 63) },
      ".ports: must be at most 128, with names of at most 62 characters, as the gateways do not all listen on one port",
      { gateways: gatewaysOf(2, { twoPorts: true }) },
    ],
    [
      "257 identities",
      { ...barService, subjectAltNames: identitiesOf(257) },
      ".subjectAltNames: has 257 entries, and may have 256",
      {},
    ],
    [
      "1,001 peers",
      { ...barService, peers: Array(1001).fill("a.local/a") },
      ".peers: has 1,001 entries, and may have 1,000",
      {},
    ],
    [
      "65 labels",
      {
        ...barService,
        labels: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`a b ${index}`, ""])),
      },
      ".labels: has 65 entries, and may have 64",
      {},
    ],
    [
      "an entry of more than a million bytes",
      { ...barService, ports: portsOf(128) },
      ": makes a ServiceEntry of so many bytes with 600 gateway(s), and may make one of 1,000,000",
      { gateways: gatewaysOf(600) },
    ],
  ] as const) {
    it(`refuse ${name} and accept the service beside it`, () => {
      assert.deepEqual(refused(service, changes), [fault]);
    });
  }

  it("refuse a host that is too long for a name or for SNI", () => {
    for (const [length, number, rule] of [
      [254, 1, /at most 253 characters/],
      [241, 1, /is 1 character\(s\) too long to be called through a gateway on port 1$/],
      [237, 65535, /is 1 character\(s\) too long to be called through a gateway on port 65535$/],
    ] as const) {
      const ports = [{ number, name: "a", protocol: "TCP" }];
      const found = planned(contractOf({ services: { [hostOf(length)]: { ...barService, ports } } }));
      assert.deepEqual([found.refused.length, Object.keys(found.services)], [1, []]);
      assert.match(found.refused[0]?.rule ?? "", rule);
    }
  });

  it("accept a longer host behind a TLS-terminating gateway, whose SNI is shorter", () => {
    const ports = [{ number: 65535, name: "a", protocol: "TCP" }];
    const taken = (length: number) => {
      const service = { ...barService, ports, terminated: true as const };
      return Object.keys(planned(contractOf({ services: { [hostOf(length)]: service } })).services).length;
    };
    assert.deepEqual([taken(248), taken(249)], [1, 0]);
  });

  it("report the first faults of a service and count the rest", () => {
    const foreign = identitiesOf(200).map((id) => id.replace("cluster-b", "cluster-a"));
    const faults = refused({ ...barService, subjectAltNames: foreign });
    assert.equal(faults.length, 11);
    assert.equal(faults.at(-1), ": has at least 190 more fault(s)");
    const garbage = refused({ ...barService, ports: Array(256).fill({}) });
    assert.equal(garbage.length, 11);
    const gateways = faultsOf(contractOf({ gateways: Array(4096).fill(0) }));
    assert.deepEqual([gateways.length, gateways.at(-1)], [11, ": has at least 4,086 more fault(s)"]);
  });

  for (const [name, changes, fault] of [
    [
      "50,001 services",
      { services: servicesOf(50_001, 0) },
      ".services: has 50,001 entries, and may have 50,000",
    ],
    [
      "100,000 bad services",
      { services: servicesOf(100_000, { ports: [] }) },
      ".services: has 100,000 entries, and may have 50,000",
    ],
    ["4,097 gateways", { gateways: gatewaysOf(4097) }, ".gateways: has 4,097 entries, and may have 4,096"],
    [
      "gateways that fill each entry",
      { gateways: gatewaysOf(3500, { names: true }) },
      ".gateways: take so many bytes in each ServiceEntry, and may take 500,000",
    ],
    [
      "services that fill etcd with gateways",
      { gateways: gatewaysOf(4000), services: servicesOf(1000, barService) },
      ".services: make 1,000 ServiceEntries of so many bytes together, and may make 268,435,456",
    ],
    [
      "17 roots",
      { rootCertificates: Array(17).fill(ROOT_B) },
      ".rootCertificates: has 17 entries, and may have 16",
    ],
    [
      "a huge root",
      { rootCertificates: ["-----BEGIN ".repeat(1_000_000)] },
      ".rootCertificates[0]: has 11,000,000 characters, and may have 8,192",
    ],
    [
      "more than 32 MiB",
      { services: { [BAR]: { ...barService, note: "x".repeat(32 * 1024 * 1024) } } },
      ": is larger than so many bytes, the most that is read",
    ],
    [
      "50,001 unknown fields of a service",
      { services: { [BAR]: { ...barService, note: servicesOf(50_001, 0) } } },
      ": has a map or list with more than 50,000 entries, the most that is read",
    ],
    [
      "50,001 unknown fields",
      servicesOf(50_001, 0),
      ": has a map or list with more than 50,000 entries, the most that is read",
    ],
  ] as const) {
    it(`refuse the contract with ${name}`, () => {
      assert.deepEqual(faultsOf(contractOf(changes)), [fault]);
    });
  }

  it("report 20,000 invalid services in a few lines, and explain the first ones only", () => {
    const { refused: faults } = planned(contractOf({ services: servicesOf(20_000, { ports: [0] }) }));
    assert.equal(new Set(faults.map(({ path }) => /\[[^\]]+\]/.exec(path)?.[0])).size, 20_000);
    assert.ok(faults.length < 21_000);
    const isExplained = ({ rule }: Fault): boolean => rule !== "is not valid";
    assert.deepEqual(
      [faults.slice(0, 1000).every(isExplained), faults.slice(1010).some(isExplained)],
      [true, false],
    );
    assert.ok(new FaultsError("contract of b", faults).message.length < 10_000);
  });

  it("apply to values nested deeper than JavaScript's stack", () => {
    let deep: unknown = 0;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    for (const field of Object.keys(contractOf())) {
      const { faults } = planImports(localCluster, { b: { ...contractOf(), [field]: deep } });
      assert.ok(faults.length > 0);
      assert.ok(new FaultsError("contract of b", faults).message.length < 1000);
    }
    assert.deepEqual(faultsOf({ ...contractOf(), unknown: deep }), []);
  });

  it("apply to a service named __proto__", () => {
    const services = JSON.parse(`{"__proto__": ${JSON.stringify(barService)}}`) as Record<string, unknown>;
    const found = planned(contractOf({ services: { ...services, [BAR]: barService } }));
    assert.deepEqual(
      found.refused.map(({ path }) => path),
      ["peers.b.contract.services.__proto__"],
    );
  });
});
