import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { ExportRule } from "../../../federation/config/exports.ts";
import {
  bar,
  byLabel,
  byName,
  cluster,
  found,
  offerOf,
  offeredBar,
  pod,
  exportsIn,
} from "./exportsFixture.ts";

describe("The exports of a cluster", () => {
  it("are the Services that rules match, with the identities of their workloads", () => {
    const { services, warnings } = exportsIn(found({ services: [bar], workloads: [pod] }), byName, cluster);
    assert.deepEqual([services, warnings], [{ "bar.xyz.svc.cluster-b.local": offeredBar }, []]);
  });

  it("are the Services with a rule's labels, in its namespaces", () => {
    const selector = { "istio-federation.dev/export": "true" };
    assert.deepEqual(offerOf({}, [pod], byLabel).offered, offeredBar);
    assert.deepEqual(offerOf({}, [pod], [{ selector, namespaces: ["xyz"] }]).offered, offeredBar);
    for (const rules of [
      [{ selector, namespaces: ["abc"] }],
      [{ selector: { ...selector, a: "b" } }],
      [{ selector: {} }],
      [],
    ]) {
      assert.deepEqual(offerOf({}, [pod], rules), {
        offered: undefined,
        warned: rules.map((_, index) => `exports[${index}]`),
      });
    }
    assert.deepEqual(
      offerOf({ labels: { "istio-federation.dev/export": "false" } }, [pod], byLabel).offered,
      undefined,
    );
  });

  it("have each Service once, with a warning about shadowed rules", () => {
    assert.deepEqual(offerOf({}, [pod], [...byName, ...byLabel, ...byName]), {
      offered: offeredBar,
      warned: ["exports[1]", "exports[2]"],
    });
  });

  it("cause a warning for a named Service that does not exist", () => {
    const { services, warnings } = exportsIn(found({}), [...byLabel, ...byName], cluster);
    assert.deepEqual(services, {});
    assert.deepEqual(
      warnings.map(({ path, value, rule }) => [path, value, rule]),
      [
        ["exports[0]", undefined, "matches no Service of this cluster"],
        ["exports[1]", "xyz/bar", "is no Service of this cluster yet"],
      ],
    );
  });

  it("exclude local Services of imports without a warning", () => {
    const labels = {
      ...bar.labels,
      "app.kubernetes.io/managed-by": "istio-federation",
      "istio-federation.dev/peer": "cluster-a",
    };
    const exportsOfRules = (rules: ExportRule[]) => {
      const local = { ...bar, name: "local", labels };
      const { services, warnings } = exportsIn(
        found({ services: [bar, local], workloads: [pod] }),
        rules,
        cluster,
      );
      return [Object.keys(services), warnings.map(({ path, value, rule }) => [path, value, rule])];
    };
    for (const rules of [byLabel, [{ services: ["*"] }]])
      assert.deepEqual(exportsOfRules(rules), [["bar.xyz.svc.cluster-b.local"], []]);
    assert.deepEqual(exportsOfRules([{ namespaces: ["xyz"], services: ["local"] }]), [
      [],
      [["exports[0]", "xyz/local", "was created by this program for an import, so it is not exported"]],
    ]);
  });

  it("exclude Services with more ports or identities than a contract accepts", () => {
    const ports = Array.from({ length: 257 }, (_, index) => ({ name: `http-${index}`, port: index + 1 }));
    assert.deepEqual(offerOf({ ports }), { offered: undefined, warned: ["Service xyz/bar.ports"] });
    const workloads = Array.from({ length: 257 }, (_, index) => ({ ...pod, serviceAccount: `bar-${index}` }));
    assert.deepEqual(offerOf({}, workloads), {
      offered: undefined,
      warned: ["Service xyz/bar.subjectAltNames"],
    });
    assert.ok(offerOf({ ports: ports.slice(1) }, workloads.slice(1)).offered);
  });

  it("exclude ExternalName Services", () => {
    assert.deepEqual(offerOf({ type: "ExternalName" }), {
      offered: undefined,
      warned: ["Service xyz/bar.type"],
    });
  });

  it("include headless Services", () => {
    assert.deepEqual(offerOf({ clusterIP: "None" }), { offered: offeredBar, warned: [] });
  });

  it("exclude a Service without an exportable port, with the reason for each", () => {
    assert.deepEqual(offerOf({ ports: [] }), { offered: undefined, warned: ["Service xyz/bar.ports"] });
    assert.deepEqual(offerOf({ ports: [{ name: "dns", port: 53, protocol: "UDP" }] }), {
      offered: undefined,
      warned: ["Service xyz/bar.ports.dns", "Service xyz/bar.ports"],
    });
  });

  it("may use one port number for HTTP and for TCP in different Services", () => {
    const ports = [{ name: "tcp", port: 8080 }];
    const { services, warnings } = exportsIn(
      found({ services: [bar, { ...bar, name: "db", ports }], workloads: [pod] }),
      [...byName, { ...byName[0]!, services: ["db"] }],
      cluster,
    );
    assert.deepEqual(warnings, []);
    assert.deepEqual(
      Object.entries(services).map(([host, { ports: offered }]) => [
        host,
        offered[0]?.number,
        offered[0]?.protocol,
      ]),
      [
        ["bar.xyz.svc.cluster-b.local", 8080, "HTTP"],
        ["db.xyz.svc.cluster-b.local", 8080, "TCP"],
      ],
    );
  });

  it("exclude a Service that its exportTo annotation hides from the gateway", () => {
    const hidden = (exportTo: string) =>
      offerOf({ annotations: { "networking.istio.io/exportTo": exportTo } });
    for (const exportTo of ["*", "", "abc, istio-gateway"])
      assert.deepEqual(hidden(exportTo).offered, offeredBar, exportTo);
    for (const exportTo of [".", "~", "abc"]) {
      assert.deepEqual(hidden(exportTo), {
        offered: undefined,
        warned: ['Service xyz/bar.annotations["networking.istio.io/exportTo"]'],
      });
    }
  });

  it("exclude a Service whose full name would be too long", () => {
    const long = { ...cluster, domain: Array(4).fill("a".repeat(60)).join(".") };
    const { services, warnings } = exportsIn(found({ services: [bar], workloads: [pod] }), byName, long);
    assert.deepEqual([services, warnings.length], [{}, 1]);
  });
});
