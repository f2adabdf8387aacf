import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { dnsNames } from "../../../federation/dns/dnsNames.ts";
import { pinnable } from "../../../federation/peers/pinnedPeer.ts";
import type { PeerView } from "../../../federation/peers/peer.ts";
import { BAR, contractOf } from "../samples.ts";
import { configWith, viewOf } from "./peersSample.ts";

const OWN = "pay.shop.example";
const ODD = "pay.cluster-b.local";
const domains = ["cards.example", "shop.example"];

/** The zones, each with its names, and the warnings, with the names that are registered, all at one address. */
const told = (
  peers: Record<string, PeerView>,
  config: ReturnType<typeof configWith>,
  names?: readonly string[],
) => {
  const [view] = Object.values(peers);
  const hosts = names ?? (view?.state === "ready" ? Object.keys(view.imports.services) : []);
  const addresses = Object.fromEntries(hosts.map((host) => [host, "240.241.7.7"]));
  const { zones, warnings } = dnsNames(peers, { "cluster-b": addresses }, config);
  return { zones: zones.map((zone) => [zone.name, ...Object.keys(zone.addresses)]), warnings };
};

describe("The names for which CoreDNS answers", () => {
  it("are Services by their full names, where no other names are, and further names each for itself", () => {
    const config = configWith({ imports: [{ as: ["{name}.{namespace}.global", "pay.example.org"] }] });
    assert.deepEqual(told(viewOf(config, [BAR]), config), {
      zones: [
        ["bar.xyz.global", "bar.xyz.global"],
        ["pay.example.org", "pay.example.org"],
        ["svc.cluster-b.local", BAR],
      ],
      warnings: [],
    });
  });

  it("are in the mesh domain of a peer that is called by that", () => {
    const config = configWith({ names: "mesh" });
    const peers = viewOf(config, [BAR], { meshDomain: "b.mesh" });
    assert.deepEqual(told(peers, config).zones, [["svc.b.mesh", "bar.xyz.svc.b.mesh"]]);
  });

  it("are none below domains that a peer alone says are its own", () => {
    const config = configWith();
    const { zones, warnings } = told(viewOf(config, [BAR, OWN, ODD], { domains }), config);
    assert.deepEqual(zones, [["svc.cluster-b.local", BAR]]);
    assert.deepEqual(warnings, [
      "CoreDNS does not answer for 1 name(s) of peer cluster-b below 'cluster-b.local' (pay.cluster-b.local), as nothing but the peer's word says that they are its own; " +
        "sidecars that answer DNS do. If they are: `pulumi config set --path 'istio-federation:peers.cluster-b.identity.clusterDomain' cluster-b.local`",
      "CoreDNS does not answer for 1 name(s) of peer cluster-b below 'shop.example' (pay.shop.example), as nothing but the peer's word says that they are its own; " +
        "sidecars that answer DNS do. If they are: `pulumi config set --path 'istio-federation:peers.cluster-b.identity.domains[0]' cards.example` and " +
        "`pulumi config set --path 'istio-federation:peers.cluster-b.identity.domains[1]' shop.example`",
    ]);
  });

  it("are those below domains that this stack's config names, each its own zone", () => {
    const config = configWith({ identity: { domains, clusterDomain: "cluster-b.local" } });
    assert.deepEqual(told(viewOf(config, [BAR, OWN, ODD], { domains }), config), {
      zones: [
        [ODD, ODD],
        [OWN, OWN],
        ["svc.cluster-b.local", BAR],
      ],
      warnings: [],
    });
  });

  it("are those that this stack's config gives, wherever they are", () => {
    const config = configWith({ imports: [{ as: "{name}-{namespace}.shop.example" }] });
    const { zones, warnings } = told(viewOf(config, [BAR], { domains }), config);
    assert.deepEqual(zones[0], ["bar-xyz.shop.example", "bar-xyz.shop.example"]);
    assert.deepEqual(warnings, []);
  });

  it("are judged of a pending peer by what is pinned of it", () => {
    const pinned = { "cluster-b": pinnable(contractOf({ domains }), new Date("2026-11-21T10:28:15Z")) };
    const config = configWith({ imports: [{ as: "pay.{name}.cards.example" }] });
    const names = [BAR, OWN, "pay.bar.cards.example", "given.once.example"];
    const { zones, warnings } = told(viewOf(config, [], {}, pinned), config, names);
    assert.deepEqual(zones, [
      ["given.once.example", "given.once.example"],
      ["pay.bar.cards.example", "pay.bar.cards.example"],
      ["svc.cluster-b.local", BAR],
    ]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /below 'shop\.example' \(pay\.shop\.example\)/);
  });
});
