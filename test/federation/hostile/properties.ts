import assert from "node:assert/strict";
import { isIP } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { Contract } from "../../../federation/contract/contract.ts";
import { valueAt } from "../../../federation/core/schema.ts";
import { type Fault, FaultsError, describeFault } from "../../../federation/core/fault.ts";
import { type LocalCluster, type PeerImports, planImports } from "../../../federation/imports/contracts.ts";
import { importFromJson, importToJson, plainImport } from "../../../federation/imports/import.ts";
import { type ServiceEntry, renderServiceEntry } from "../../../federation/imports/serviceEntry.ts";
import { type HostileCase, hostileContract } from "./cases.ts";
import { assertStorable } from "./storable.ts";
import { reordered } from "./tree.ts";
import { ROOT_C, contractOf } from "../samples.ts";

const LOCAL = {
  cluster: "cluster-a",
  clusterDomain: "cluster-a.local",
  meshDomain: "cluster-a.mesh",
  trustDomain: "cluster-a.local",
  allowGatewayAddresses: [],
} satisfies LocalCluster;

/** {@link LOCAL} with the peer's hosts in its mesh domain. */
const RENAMING = { ...LOCAL, names: { "cluster-b": "mesh" } } satisfies LocalCluster;

/** A second peer, in some cases. */
const NEIGHBOUR = contractOf({
  cluster: "cluster-c",
  clusterDomain: "cluster-c.local",
  trustDomain: "cluster-c.local",
  rootCertificates: [ROOT_C],
  services: {},
});

/** Milliseconds after which a case counts as hanging. */
const HANG = 10_000;

/** The result of a case. */
export interface Outcome {
  /** True if the contract was not refused as a whole. */
  trusted: boolean;
  planned: number;
  refused: number;
  entries: ServiceEntry[];
}

/**
 * Plans what a hostile contract offers, and checks everything that must hold.
 * @throws AssertionError for what does not hold; anything else that the program throws.
 */
export function checkCase(hostile: HostileCase): Outcome {
  const { exportTo, order } = hostile;
  const contract = hostileContract(hostile);
  const start = performance.now();
  const neighbour = order % 4 === 0 ? { "cluster-c": NEIGHBOUR } : {};
  const local = order % 3 === 0 ? RENAMING : LOCAL;
  const { imports, faults } = planImports(local, { "cluster-b": contract, ...neighbour });
  const message = new FaultsError("contracts", faults).message;
  assert.ok(performance.now() - start < HANG, "it hangs");

  assert.ok(message.length < 50_000, "the message is long");
  const found = imports["cluster-b"];
  faults.filter(({ peer }) => peer === "cluster-b").forEach(assertReadable);
  assert.equal(
    found === undefined,
    faults.some(({ peer }) => peer === "cluster-b"),
  );
  // Only a claim to the neighbour's domains, or to the name of its root, may touch the neighbour.
  const isClaim = /Domain$|rootCertificates\[0\]$/;
  assert.ok(faults.every(({ peer, path }) => peer === "cluster-b" || isClaim.test(path)));
  if (hostile.servicesOnly) assert.ok(found, `a service takes the contract with it: ${message}`);
  if (found === undefined) return { trusted: false, planned: 0, refused: faults.length, entries: [] };

  found.refused.forEach(assertReadable);
  assertGoodOnesStay(hostile.honest, contract, found, local === RENAMING);
  assertSpelling(contract, found);
  const entries = entriesOf(found, exportTo);
  const ports = portsOf(found);
  for (const entry of entries) {
    assertOwn(entry, found);
    assert.deepEqual(entry.spec.exportTo, exportTo);
    const { name } = entry.metadata;
    assertStorable(entry, ports, found.services[name]?.remoteHost ?? name);
  }
  const written = bytesOf(found);
  const again = plan(reordered(contract, randomNumbers(order)), local);
  assert.equal(bytesOf(again), written, "the order is unstable");
  if (order % 4 === 1) assert.equal(bytesOf(plan(found.contract, local)), written, "not idempotent");
  return { trusted: true, planned: entries.length, refused: found.refused.length, entries };
}

/** Renders the entries of a contract; none if it is refused as a whole. */
export function entriesFor(contract: unknown, exportTo: readonly string[]): ServiceEntry[] {
  const found = plan(contract);
  return found === undefined ? [] : entriesOf(found, exportTo);
}

function plan(contract: unknown, local: LocalCluster = LOCAL): PeerImports | undefined {
  return planImports(local, { "cluster-b": contract }).imports["cluster-b"];
}

/** The parts of a plan that a preview shows or an API server receives. */
function bytesOf(found: PeerImports | undefined): string {
  return JSON.stringify([
    found?.gateways,
    found?.services,
    found === undefined ? [] : entriesOf(found, ["*"]),
  ]);
}

function assertReadable(fault: Fault): void {
  assert.ok(fault.path.startsWith("peers.cluster-b.contract"), "path");
  assert.ok(fault.rule !== "" && fault.remedy !== "", "rule and remedy");
  const line = describeFault(fault);
  assert.ok(line.length < 1500, `a long line: ${line.length}`);
  assert.ok(!/[\p{Cc}\p{Cf}\p{Cs}]/u.test(line), `control characters in ${JSON.stringify(line)}`);
}

/** Renders everything that was planned. */
function entriesOf({ gateways, services }: PeerImports, exportTo: readonly string[]): ServiceEntry[] {
  if (gateways.length === 0) return [];
  const more = { gateways, otherGateways: {}, exportTo, namespace: "istio-federation", peer: "cluster-b" };
  return Object.entries(services).map(([host, service]) => renderServiceEntry({ host, service, ...more }));
}

/** The ports of each gateway address. */
function portsOf({ gateways }: PeerImports): Map<string, number[]> {
  const ports = Map.groupBy(gateways, ({ address }) => address);
  return new Map([...ports].map(([address, found]) => [address, found.map(({ port }) => port)]));
}

/** Asserts that an entry has only hosts, identities and addresses of the peer. */
function assertOwn({ metadata, spec }: ServiceEntry, found: PeerImports): void {
  const { contract, services } = found;
  const { subjectAltNames } = spec;
  const { name } = metadata;
  const remoteHost = services[name]?.remoteHost;
  const { clusterDomain, meshDomain = "", domains } = contract;
  const places = [clusterDomain, ...domains];
  assert.ok(
    places.some((domain) => (remoteHost ?? name).endsWith(`.${domain}`)),
    `${name} is not the peer's`,
  );
  assert.ok(!(remoteHost ?? name).endsWith(`.pod.${clusterDomain}`), `${name} is a Pod's`);
  if (remoteHost !== undefined)
    assert.ok(name.endsWith(`.${meshDomain}`), `${name} is not in its mesh domain`);
  for (const taken of ["cluster-a.local", "cluster-a.mesh", "global"])
    assert.ok(!name.endsWith(`.${taken}`), `${name} is not the peer's`);
  assert.ok(subjectAltNames.length > 0 && subjectAltNames.length <= 256, "identities");
  assert.ok(
    subjectAltNames.every((id) => id.startsWith(`spiffe://${contract.trustDomain}/`)),
    "identities",
  );
  assert.ok(
    spec.endpoints.every(({ address }) => !isOfThisSide(address)),
    "address",
  );
  const service = services[metadata.name];
  assert.ok(service);
  assert.deepEqual(importFromJson(importToJson(service)), service);
}

/** Addresses that a peer must not name, in their usual spelling. */
function isOfThisSide(address: string): boolean {
  const kind = isIP(address);
  if (kind === 4) return /^(?:(?:0|127|169\.254|22[4-9]|23\d|240\.240)\.|255\.255\.255\.255$)/.test(address);
  if (kind === 6) return /^(?:::1?$|::\d|fe80:|ff|64:ff9b)/.test(address);
  return !address.includes(".") || /(?:^|\.)(?:localhost|svc|cluster-a\.local|cluster\.local)$/.test(address);
}

/** Names of gateways are those published, but for the case of ASCII letters and a final dot: no letter stands for another. */
function assertSpelling(contract: unknown, { gateways }: PeerImports): void {
  const published = (contract as { gateways: unknown[] }).gateways
    .map((gateway) => valueAt(gateway, ["address"]))
    .filter((address) => typeof address === "string")
    .map((address) => address.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(/\.$/, ""));
  for (const { address } of gateways) {
    assert.ok(isIP(address) !== 0 || published.includes(address), `nobody published ${address}`);
  }
}

/** Asserts that unchanged services are imported beside hostile ones. */
function assertGoodOnesStay(
  honest: Contract,
  contract: unknown,
  found: PeerImports,
  isRenamed: boolean,
): void {
  const { clusterDomain, trustDomain, meshDomain = "" } = found.contract;
  const named = (host: string): string =>
    isRenamed ? host.slice(0, -clusterDomain.length) + meshDomain : host;
  if (clusterDomain !== honest.clusterDomain || trustDomain !== honest.trustDomain) return;
  const published = (contract as { services?: Record<string, unknown> }).services ?? {};
  for (const [host, service] of Object.entries(honest.services)) {
    if (Object.hasOwn(published, host) && isDeepStrictEqual(published[host], service)) {
      const name = named(host);
      const expected = { ...plainImport(service), remoteHost: name === host ? undefined : host };
      assert.deepEqual(found.services[name], expected, `the good service ${host} is left out`);
    }
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
