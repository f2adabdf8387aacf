import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { gatewayAccount } from "../../../federation/config/helmValues.ts";
import type { ExportRule } from "../../../federation/exports/exportRule.ts";
import { exportServices } from "../../../federation/exports/exports.ts";
import { lastExports } from "../../../federation/exports/lastExports.ts";
import { BAR_HOST, bar, byName, cluster, exportsOf, found, offeredBar, pod } from "./exportsFixture.ts";

const rules: ExportRule[] = [{ namespaces: ["xyz"], services: ["bar"], gateway: "terminating" }];
const gatewayId = "spiffe://b.example/ns/istio-gateway/sa/eastwestgateway";
const openedBar = { ...offeredBar, subjectAltNames: [gatewayId], terminated: true as const };

describe("A Service whose calls the gateway opens", () => {
  it("answers as the gateway, and says so to peers and to the cluster", () => {
    const { offered, exported, warned } = exportsOf({}, [pod], rules);
    assert.deepEqual([offered, warned], [openedBar, []]);
    assert.deepEqual([exported?.terminated, exported?.isWhole], [true, true]);
  });

  it("is passed on where the rule says passthrough, which is the default", () => {
    for (const gateway of [{}, { gateway: "passthrough" as const }]) {
      const { offered, exported } = exportsOf({}, [pod], [{ ...byName[0], ...gateway }]);
      assert.deepEqual(offered, offeredBar);
      assert.ok(exported && !("terminated" in exported));
    }
  });

  it("leads to the ports that are offered and to no others", () => {
    const ports = [
      { name: "http", port: 8080 },
      { name: "admin", port: 9000 },
    ];
    const { exported } = exportsOf({ ports }, [pod], [{ ...rules[0], ports: ["http"] }]);
    assert.deepEqual([exported?.ports.length, exported?.isWhole], [1, true]);
  });

  it("is offered while none of its workloads is there, with a warning", () => {
    const { offered, rules: told } = exportsOf({}, [], rules);
    assert.deepEqual(offered, openedBar);
    assert.deepEqual(told, [
      "leads to no workload: it stays offered, and peers' calls fail until one is there",
    ]);
  });

  it("is held back without a selector, unless its owner says who is behind it", () => {
    const annotations = { "istio-federation.dev/subject-alt-names": "spiffe://b.example/ns/x/sa/y" };
    assert.equal(exportsOf({ selector: {} }, [], rules).offered, undefined);
    assert.deepEqual(exportsOf({ selector: {}, annotations }, [], rules).offered, openedBar);
  });

  it("is told of where the gateway calls its workloads in plain text", () => {
    const bare = { ...pod, labels: { app: "bar" } };
    const { offered, rules: told } = exportsOf({}, [pod, bare], rules);
    assert.deepEqual(offered, openedBar);
    assert.match(told.join(), /^leads to 1 of 2 workloads without a sidecar .* calls in plain text$/);
  });

  it("is held back where its name is too long for a server of the gateway", () => {
    // With 'p8080.bar.xyz.svc.' before it, 253 characters.
    const longest = `${`${"a".repeat(60)}.`.repeat(3)}${"b".repeat(52)}`;
    const hosts = (gateway: ExportRule["gateway"] & string, domain: string) => {
      const there = found({ services: [bar], workloads: [pod] });
      const told = exportServices(there, [{ ...rules[0], gateway }], { ...cluster, domain });
      return [Object.keys(told.services).length, told.warnings.map(({ path }) => path)];
    };
    assert.deepEqual(hosts("terminating", longest), [1, []]);
    assert.deepEqual(hosts("terminating", `${longest}b`), [0, ["Service xyz/bar.name"]]);
    assert.deepEqual(hosts("passthrough", `${longest}b`), [1, []]);
  });

  it("stays opened while the cluster cannot be read, and its identity is nobody else's when it is passed on again", () => {
    const last = { [BAR_HOST]: openedBar };
    assert.deepEqual(lastExports(last, byName, cluster), last);
    const { services } = exportServices(found({ services: [bar] }), byName, cluster, last);
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
      assert.equal(gatewayAccount(values), name);
    }
    const account = exportServices(found({ services: [bar], workloads: [pod] }), rules, {
      ...cluster,
      gatewayAccount: "own",
    });
    assert.deepEqual(account.services[BAR_HOST]?.subjectAltNames, [
      "spiffe://b.example/ns/istio-gateway/sa/own",
    ]);
  });
});
