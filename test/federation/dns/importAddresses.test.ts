import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parseConfig } from "../../../federation/config.ts";
import { addressPeers } from "../../../federation/dns/importAddresses.ts";
import type { PeerView } from "../../../federation/peers/peer.ts";
import { viewPeers } from "../../../federation/peers/peers.ts";
import { BAR, KUBECONFIG, LOCAL_CLUSTER, contractOf, WEB, contractC } from "../samples.ts";

const COMMON = "pay.example.org";

const configOf = (dns: unknown, as: { b?: string; c?: string } = {}) =>
  parseConfig(
    {
      cluster: LOCAL_CLUSTER,
      kubeconfig: KUBECONFIG,
      dns,
      peers: {
        "cluster-b": { stack: "b", imports: [{ ...(as.b === undefined ? {} : { as: as.b }) }] },
        "cluster-c": { stack: "c", imports: [{ ...(as.c === undefined ? {} : { as: as.c }) }] },
      },
    },
    "cluster-a",
  );

const viewsOf = (config: ReturnType<typeof configOf>, b: { contract: unknown } | { pending: string }) =>
  viewPeers(
    config,
    { "cluster-b": b, "cluster-c": { contract: contractC } },
    { pinned: {}, statuses: {} },
    new Date("2026-11-21T10:28:15Z"),
  ).peers;

const READY = { contract: contractOf() };
const PENDING = { pending: "its stack is away" };

/** Addresses in the services themselves, by name. */
const inServices = (peers: Record<string, PeerView>): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.values(peers).flatMap((view) =>
      view.state === "pending"
        ? []
        : Object.entries(view.imports.services).map(([host, { virtualAddress }]) => [host, virtualAddress]),
    ),
  );

describe("Addresses of the peers' services", () => {
  it("are none where the config asks for none", () => {
    const peers = viewsOf(configOf(undefined), READY);
    assert.deepEqual(addressPeers(peers, {}, {}), { peers, faults: [] });
  });

  it("are in the services, and published by peer", () => {
    const config = configOf({ coreDns: {} });
    const { peers, addresses, faults } = addressPeers(viewsOf(config, READY), config, {});
    assert.deepEqual(faults, []);
    assert.deepEqual(Object.keys(addresses ?? {}), ["cluster-b", "cluster-c"]);
    assert.deepEqual(inServices(peers), { ...addresses?.["cluster-b"], ...addresses?.["cluster-c"] });
    for (const address of Object.values(inServices(peers))) assert.match(address ?? "", /^240\.241\./);
  });

  it("stay those of the last update, also while a peer is pending, and for a name that moves to another peer", () => {
    const config = configOf({ coreDns: {} }, { b: COMMON });
    const last = {
      "cluster-b": { [BAR]: "240.241.7.7", [COMMON]: "240.241.8.8" },
      "cluster-c": { [WEB]: "240.241.9.9" },
    };
    assert.deepEqual(addressPeers(viewsOf(config, READY), config, last).addresses, last);
    assert.deepEqual(addressPeers(viewsOf(config, PENDING), config, last).addresses, last);
    const moved = configOf({ coreDns: {} }, { c: COMMON });
    assert.deepEqual(addressPeers(viewsOf(moved, PENDING), moved, last).addresses, {
      "cluster-b": { [BAR]: "240.241.7.7" },
      "cluster-c": { [COMMON]: "240.241.8.8", [WEB]: "240.241.9.9" },
    });
  });

  it("are a fault where there is no room for all", () => {
    const config = configOf({ coreDns: {}, addresses: "240.241.7.0/24" });
    const known = Array.from({ length: 200 }, (_, index) => [
      `s${index}.cluster-b.local`,
      `240.241.7.${index}`,
    ]);
    const last = { "cluster-b": Object.fromEntries(known) as Record<string, string> };
    const { faults } = addressPeers(viewsOf(config, PENDING), config, last);
    assert.deepEqual(
      faults.map(({ path, rule }) => `${path} ${rule}`),
      ["dns.addresses has room for 192 imported names, and there are 201"],
    );
  });

  it("stay with a pending peer's names whatever the range is now, as its entries do, and nobody else gets them", () => {
    const config = configOf({ coreDns: {}, addresses: "240.242.7.0/24" });
    const last = {
      "cluster-b": { [BAR]: "240.241.7.7", "a.b": "240.242.7.9" },
      "cluster-c": { [WEB]: "240.242.7.9" },
    };
    const { addresses } = addressPeers(viewsOf(config, PENDING), config, last);
    assert.deepEqual(addresses?.["cluster-b"], { [BAR]: "240.241.7.7", "a.b": "240.242.7.9" });
    assert.match(addresses["cluster-c"]?.[WEB] ?? "", /^240\.242\.7\.(?!9$)/);
  });

  it("stay with a pending peer's names also while the config asks for none, and with no others", () => {
    const config = configOf(undefined);
    const last = {
      "cluster-b": { [BAR]: "240.241.7.7" },
      "cluster-c": { [WEB]: "240.241.9.9" },
      gone: { "a.b": "240.241.1.1" },
    };
    assert.deepEqual(addressPeers(viewsOf(config, PENDING), config, last).addresses, {
      "cluster-b": { [BAR]: "240.241.7.7" },
    });
    assert.equal(addressPeers(viewsOf(config, READY), config, last).addresses, undefined);
    assert.equal(addressPeers(viewsOf(config, PENDING), config, {}).addresses, undefined);
  });
});
