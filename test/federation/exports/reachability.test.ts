import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { ClusterServices, Workload } from "../../../federation/exports/clusterServices.ts";
import {
  BAR_HOST,
  bar,
  byName,
  cluster,
  exportsOf,
  found,
  offeredBar,
  pod,
  exportsIn,
  twoPorts,
} from "./exportsFixture.ts";
import { foundRule, tlsPolicy } from "./foundRules.ts";

const bare: Workload = { ...pod, labels: { app: "bar" } };
const created = "2026-11-21T10:00:00Z";
const policy = { namespace: "xyz", name: "bar", created, selector: { app: "bar" }, ports: {} };

describe("A Service that peers cannot reach", () => {
  it("is exported with a warning where no workload has a sidecar", () => {
    const { offered, warned, rules } = exportsOf({}, [bare, bare]);
    assert.deepEqual([offered, warned], [offeredBar, ["Service xyz/bar.selector"]]);
    assert.match(
      rules[0] ?? "",
      /^selects 2 workload\(s\), none with a sidecar .* calls fail until one has a sidecar$/,
    );
  });

  it("is exported with a warning where only some have a sidecar", () => {
    const { offered, rules } = exportsOf({}, [pod, bare, bare]);
    assert.deepEqual(offered, offeredBar);
    assert.match(rules.join(), /^selects 3 workload\(s\), 2 of them without a sidecar/);
  });

  it("is exported with a warning where none with a sidecar is ready", () => {
    const { offered, rules } = exportsOf({}, [
      { ...pod, ready: false },
      { ...pod, ready: false },
    ]);
    assert.deepEqual(offered, offeredBar);
    assert.match(rules.join(), /^selects 2 workload\(s\), none of them ready: the Service stays exported/);
    assert.deepEqual(exportsOf({}, [{ ...pod, ready: false }, pod]).rules, []);
    assert.equal(exportsOf({}, [{ ...pod, ready: false }, bare]).rules.length, 2);
  });

  it("is not checked for a Service without known workloads", () => {
    const annotations = { "istio-federation.dev/subject-alt-names": "spiffe://b.example/vm" };
    const { offered, warned, offer } = exportsOf({ selector: {}, annotations }, []);
    assert.deepEqual([offered?.ports, warned, offer?.selector], [offeredBar.ports, [], {}]);
  });

  const with_ = (others: Partial<ClusterServices>, workloads = [pod]) =>
    exportsOf({ ports: twoPorts }, workloads, byName, others);

  it("is not exported where a PeerAuthentication disables mutual TLS", () => {
    const { offered, offer, warned } = with_({ peerAuthentications: [{ ...policy, mode: "DISABLE" }] });
    assert.deepEqual([offered, offer], [undefined, undefined]);
    assert.deepEqual(warned, [
      "Service xyz/bar.ports.http",
      "Service xyz/bar.ports.grpc",
      "Service xyz/bar.ports",
    ]);
  });

  it("is not exported where mutual TLS is disabled for the target port", () => {
    const ofPort = (port: number) =>
      with_({ peerAuthentications: [{ ...policy, ports: { [port]: { mode: "DISABLE" } } }] });
    const { offered, offer, rules } = ofPort(8000);
    assert.deepEqual(
      offered?.ports.map(({ name }) => name),
      ["http"],
    );
    assert.deepEqual(
      offer?.ports.map(({ name }) => name),
      ["http"],
    );
    assert.deepEqual(rules, [
      "accepts no mutual TLS by PeerAuthentication xyz/bar (mode DISABLE), so the port is not exported",
    ]);
    assert.equal(ofPort(9090).offered?.ports.length, 2);
  });

  it("is exported with a warning where only some workloads accept no mutual TLS", () => {
    const v2 = { ...pod, labels: { ...pod.labels, version: "v2" } };
    const peerAuthentications = [{ ...policy, selector: { version: "v2" }, mode: "DISABLE" as const }];
    const { offered, warned, rules } = with_({ peerAuthentications }, [pod, v2]);
    assert.equal(offered?.ports.length, 2);
    assert.deepEqual(warned, ["Service xyz/bar.ports.http", "Service xyz/bar.ports.grpc"]);
    assert.match(rules[0] ?? "", /at some workloads: peers' calls reach the others only$/);
  });

  it("is not exported where a DestinationRule disables mutual TLS at the gateway", () => {
    const rule = { name: "plain", host: BAR_HOST };
    const all = with_({ destinationRules: [foundRule({ ...rule, trafficPolicy: tlsPolicy("DISABLE") })] });
    assert.deepEqual([all.offered, all.warned.length], [undefined, 3]);
    const one = with_({
      destinationRules: [foundRule({ ...rule, trafficPolicy: tlsPolicy(undefined, { 9090: "DISABLE" }) })],
    });
    assert.deepEqual(
      one.offered?.ports.map(({ name }) => name),
      ["http"],
    );
    assert.match(
      one.rules.join(),
      /^is the TLS mode that DestinationRule xyz\/plain sets for the gateway, which then passes nothing through/,
    );
  });

  it("causes one warning per PeerAuthentication that accepts plaintext", () => {
    const services = ["a", "b", "c", "d"].map((name) => ({ ...bar, name, ports: twoPorts }));
    const { offers, warnings } = exportsIn(
      found({ services, workloads: [pod, pod], peerAuthentications: [{ ...policy, mode: "PERMISSIVE" }] }),
      [{ services: ["*"] }],
      cluster,
    );
    assert.deepEqual(
      offers.map(({ permissiveBy }) => permissiveBy.length > 0),
      [true, true, true, true],
    );
    assert.deepEqual(
      warnings.map(({ path, value }) => [path, value]),
      [["PeerAuthentication xyz/bar", "PERMISSIVE"]],
    );
    assert.match(warnings[0]?.rule ?? "", /call xyz\/a, xyz\/b, xyz\/c and 1 more without mutual TLS/);
  });
});
