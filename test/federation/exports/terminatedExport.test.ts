import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { ExportRule } from "../../../federation/config/exports.ts";
import { gatewayServiceAccount } from "../../../federation/exports/gatewayListeners.ts";
import { lastExports } from "../../../federation/exports/lastExports.ts";
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
} from "./exportsFixture.ts";
import { foundRule, tlsPolicy } from "./foundRules.ts";

const rules: ExportRule[] = [{ namespaces: ["xyz"], services: ["bar"], gateway: "terminating" }];
const gatewayId = "spiffe://b.example/ns/istio-gateway/sa/eastwestgateway";
const terminatedBar = { ...offeredBar, subjectAltNames: [gatewayId], terminated: true as const };

describe("A Service behind a TLS-terminating gateway", () => {
  it("has the gateway's identity in the contract and in the offer", () => {
    const { offered, offer, warned } = exportsOf({}, [pod], rules);
    assert.deepEqual([offered, warned], [terminatedBar, []]);
    assert.deepEqual([offer?.via, offer?.isWhole], ["terminated", true]);
  });

  it("is passthrough by default", () => {
    for (const gateway of [{}, { gateway: "passthrough" as const }]) {
      const { offered, offer } = exportsOf({}, [pod], [{ ...byName[0], ...gateway }]);
      assert.deepEqual(offered, offeredBar);
      assert.equal(offer?.via, "passthrough");
    }
  });

  it("has a route for exported ports only", () => {
    const ports = [
      { name: "http", port: 8080 },
      { name: "admin", port: 9000 },
    ];
    const { offer } = exportsOf({ ports }, [pod], [{ ...rules[0], ports: ["http"] }]);
    assert.deepEqual([offer?.ports.length, offer?.isWhole], [1, true]);
  });

  it("is exported without workloads, with a warning", () => {
    const { offered, rules: reasons } = exportsOf({}, [], rules);
    assert.deepEqual(offered, terminatedBar);
    assert.deepEqual(reasons, [
      "selects no workload: the Service stays exported, and peers' calls fail until one runs",
    ]);
  });

  const annotations = { "istio-federation.dev/subject-alt-names": "spiffe://b.example/ns/x/sa/y" };

  it("is not exported without a selector, unless annotated with identities", () => {
    assert.equal(exportsOf({ selector: {} }, [], rules).offered, undefined);
    const { offered, warned, rules: reasons } = exportsOf({ selector: {}, annotations }, [], rules);
    assert.deepEqual([offered, warned], [terminatedBar, ["Service xyz/bar.selector"]]);
    assert.match(
      reasons[0] ?? "",
      /^is missing, .* in plaintext unless a DestinationRule .* are not checked$/,
    );
  });

  it("ignores annotated identities with a selector, but is not exported where they are invalid", () => {
    const { offered, rules: reasons } = exportsOf({ annotations }, [pod], rules);
    assert.deepEqual(offered, terminatedBar);
    assert.match(reasons.join(), /^has no effect: the TLS-terminating gateway shows its own identity/);
    const wrong = { "istio-federation.dev/subject-alt-names": "spiffe://a.example/ns/x/sa/y" };
    for (const selector of [{}, { app: "bar" }]) {
      const held = exportsOf({ selector, annotations: wrong }, [pod], rules);
      assert.equal(held.offered, undefined);
      assert.match(held.rules.join(), /^must be SPIFFE ids of this cluster's trust domain/);
    }
  });

  it("is not exported on ports that the gateway would call without mutual TLS, with a warning", () => {
    const simple = foundRule({ host: BAR_HOST, trafficPolicy: tlsPolicy("SIMPLE") });
    const byRule = exportsOf({}, [pod], rules, { destinationRules: [simple] });
    assert.equal(byRule.offered, undefined);
    assert.equal(
      byRule.rules[0],
      "is the TLS mode that DestinationRule xyz/bar sets for the gateway, which must call workloads by Istio's mutual TLS, so the port is not exported",
    );
    const about = { namespace: "xyz", name: "bar", created: "2026-11-21T10:00:00Z" };
    const disable = { ...about, selector: { app: "bar" }, ports: {}, mode: "DISABLE" as const };
    const disabled = exportsOf({}, [pod], rules, { peerAuthentications: [disable] });
    assert.equal(disabled.offered, undefined);
    assert.match(
      disabled.rules[0] ?? "",
      /\(mode DISABLE\): the gateway would call it in plaintext, so the port is not exported$/,
    );
    const v2 = { ...pod, labels: { ...pod.labels, version: "v2" } };
    const some = exportsOf({}, [pod, v2], rules, {
      peerAuthentications: [{ ...disable, selector: { version: "v2" } }],
    });
    assert.deepEqual(some.offered, terminatedBar);
    assert.match(some.rules.join(), /at some workloads, which the gateway calls in plaintext$/);
  });

  it("causes a warning where the gateway calls its workloads in plaintext", () => {
    const bare = { ...pod, labels: { app: "bar" } };
    const { offered, rules: reasons } = exportsOf({}, [pod, bare], rules);
    assert.deepEqual(offered, terminatedBar);
    assert.match(
      reasons.join(),
      /^selects 2 workload\(s\), 1 of them without a sidecar .* calls in plaintext$/,
    );
  });

  it("is not exported where its name is too long for a server of the gateway", () => {
    // With 'p8080.bar.xyz.svc.' before it, 253 characters.
    const longest = `${`${"a".repeat(60)}.`.repeat(3)}${"b".repeat(52)}`;
    const hosts = (gateway: ExportRule["gateway"] & string, domain: string) => {
      const there = found({ services: [bar], workloads: [pod] });
      const reasons = exportsIn(there, [{ ...rules[0], gateway }], { ...cluster, domain });
      return [Object.keys(reasons.services).length, reasons.warnings.map(({ path }) => path)];
    };
    assert.deepEqual(hosts("terminating", longest), [1, []]);
    assert.deepEqual(hosts("terminating", `${longest}b`), [0, ["Service xyz/bar.name"]]);
    assert.deepEqual(hosts("passthrough", `${longest}b`), [1, []]);
  });

  it("stays terminated while the cluster is unreachable, and does not keep the gateway's identity when it is passed through again", () => {
    const last = { [BAR_HOST]: terminatedBar };
    assert.deepEqual(lastExports(last, byName, cluster, []), last);
    const { services } = exportsIn(found({ services: [bar] }), byName, cluster, last);
    assert.deepEqual(services, {});
  });

  it("has the gateway's account as the chart names it by its values", () => {
    for (const [values, name] of [
      [{}, "eastwestgateway"],
      [{ serviceAccount: { create: true } }, "eastwestgateway"],
      [{ serviceAccount: { name: "own" } }, "own"],
      [{ serviceAccount: { create: false } }, "default"],
      [{ serviceAccount: { create: false, name: "own" } }, "own"],
    ] as const) {
      assert.equal(gatewayServiceAccount(values), name);
    }
    const account = exportsIn(found({ services: [bar], workloads: [pod] }), rules, {
      ...cluster,
      gateway: { ...cluster.gateway, serviceAccount: "own" },
    });
    assert.deepEqual(account.services[BAR_HOST]?.subjectAltNames, [
      "spiffe://b.example/ns/istio-gateway/sa/own",
    ]);
  });
});
