import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { parseContract } from "../../federation/contract.ts";
import { exportServices } from "../../federation/exports.ts";
import { label, shuffled } from "./arbitraries.ts";
import { bar, byLabel, byName, cluster, exportsOf, offeredBar, pod } from "./exportsFixture.ts";
import { contractOf } from "./samples.ts";

describe("The exports of a cluster", () => {
  it("are the Services that rules name, with the identities of their workloads", () => {
    assert.deepEqual(exportServices({ services: [bar], workloads: [pod] }, byName, cluster), {
      services: { "bar.xyz.svc.cluster-b.local": offeredBar },
      warnings: [],
    });
  });

  it("are the Services that carry the labels of a rule, in its namespace if it names one", () => {
    const selector = { "istio-federation.dev/export": "true" };
    assert.deepEqual(exportsOf({}, [pod], byLabel).offered, offeredBar);
    assert.deepEqual(exportsOf({}, [pod], [{ selector, namespace: "xyz" }]).offered, offeredBar);
    for (const rules of [
      [{ selector, namespace: "abc" }],
      [{ selector: { ...selector, a: "b" } }],
      [{ selector: {} }],
      [],
    ]) {
      assert.deepEqual(exportsOf({}, [pod], rules), { offered: undefined, warned: [] });
    }
    assert.deepEqual(
      exportsOf({ labels: { "istio-federation.dev/export": "false" } }, [pod], byLabel).offered,
      undefined,
    );
  });

  it("come once though several rules select them", () => {
    assert.deepEqual(exportsOf({}, [pod], [...byName, ...byLabel, ...byName]), {
      offered: offeredBar,
      warned: [],
    });
  });

  it("warn of a Service that is named and not there, as it may come later", () => {
    const { services, warnings } = exportServices(
      { services: [], workloads: [] },
      [...byLabel, ...byName],
      cluster,
    );
    assert.deepEqual(services, {});
    assert.deepEqual(
      warnings.map(({ path, value, rule }) => [path, value, rule]),
      [["exports[1]", "xyz/bar", "is no Service of this cluster yet"]],
    );
  });

  it("hold back what has more ports or identities than a contract takes", () => {
    const ports = Array.from({ length: 257 }, (_, index) => ({ name: `http-${index}`, port: index + 1 }));
    assert.deepEqual(exportsOf({ ports }), { offered: undefined, warned: ["Service xyz/bar.ports"] });
    const workloads = Array.from({ length: 257 }, (_, index) => ({ ...pod, serviceAccount: `bar-${index}` }));
    assert.deepEqual(exportsOf({}, workloads), {
      offered: undefined,
      warned: ["Service xyz/bar.subjectAltNames"],
    });
    assert.ok(exportsOf({ ports: ports.slice(1) }, workloads.slice(1)).offered);
  });

  it("hold back an ExternalName", () => {
    assert.deepEqual(exportsOf({ type: "ExternalName" }), {
      offered: undefined,
      warned: ["Service xyz/bar.type"],
    });
  });

  it("have headless Services like any other", () => {
    assert.deepEqual(exportsOf({ clusterIP: "None" }), { offered: offeredBar, warned: [] });
  });

  it("hold back a Service without a port that can be carried, and say why of each", () => {
    assert.deepEqual(exportsOf({ ports: [] }), { offered: undefined, warned: ["Service xyz/bar.ports"] });
    assert.deepEqual(exportsOf({ ports: [{ name: "dns", port: 53, protocol: "UDP" }] }), {
      offered: undefined,
      warned: ["Service xyz/bar.ports.dns", "Service xyz/bar.ports"],
    });
  });

  it("do not clash over a port number, be it HTTP here and TCP there: each has its own name", () => {
    const ports = [{ name: "tcp", port: 8080 }];
    const found = { services: [bar, { ...bar, name: "db", ports }], workloads: [pod] };
    const { services, warnings } = exportServices(
      found,
      [...byName, { ...byName[0]!, service: "db" }],
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

  it("hold back a Service that its own exportTo hides from the gateway", () => {
    const hidden = (exportTo: string) =>
      exportsOf({ annotations: { "networking.istio.io/exportTo": exportTo } });
    for (const exportTo of ["*", "", "abc, istio-gateway"])
      assert.deepEqual(hidden(exportTo).offered, offeredBar, exportTo);
    for (const exportTo of [".", "~", "abc"]) {
      assert.deepEqual(hidden(exportTo), {
        offered: undefined,
        warned: ['Service xyz/bar.annotations["networking.istio.io/exportTo"]'],
      });
    }
  });

  it("hold back a Service whose name in this domain would be too long", () => {
    const long = { ...cluster, domain: Array(4).fill("a".repeat(60)).join(".") };
    const { services, warnings } = exportServices({ services: [bar], workloads: [pod] }, byName, long);
    assert.deepEqual([services, warnings.length], [{}, 1]);
  });

  it("make a fit contract, the same in bytes for the same findings in any order", () => {
    const service = fc
      .tuple(
        fc.constantFrom("abc", "xyz"),
        label(),
        fc.constantFrom("a", "b"),
        fc.array(
          fc.tuple(
            fc.option(fc.constantFrom("http", "grpc-x", "udp-y", "Bad_Name", ""), { nil: undefined }),
            fc.integer({ min: 1, max: 4 }),
            fc.constantFrom("TCP", "UDP", undefined),
          ),
          { maxLength: 4 },
        ),
      )
      .map(([namespace, name, app, ports]) => ({
        ...bar,
        namespace,
        name,
        selector: { app },
        ports: ports.map(([portName, port, protocol]) => ({ name: portName, port, protocol })),
      }));
    const findings = fc
      .tuple(
        fc.uniqueArray(service, { maxLength: 5, selector: ({ namespace, name }) => `${namespace}/${name}` }),
        fc.array(fc.tuple(fc.constantFrom("abc", "xyz"), fc.constantFrom("a", "b"), label()), {
          maxLength: 5,
        }),
      )
      .map(([services, found]) => ({
        services,
        workloads: found.map(([namespace, app, serviceAccount]) => ({
          namespace,
          labels: { app },
          serviceAccount,
        })),
      }));
    const pairs = findings.chain((found) =>
      fc.tuple(shuffled(found.services), shuffled(found.workloads)).map(([services, workloads]) => ({
        found,
        other: { services: services.map((each) => ({ ...each, ports: each.ports.toReversed() })), workloads },
      })),
    );
    fc.assert(
      fc.property(pairs, ({ found, other }) => {
        const { services, warnings } = exportServices(found, byLabel, cluster);
        assert.equal(
          JSON.stringify(exportServices(other, byLabel, cluster)),
          JSON.stringify({ services, warnings }),
        );
        const contract = parseContract(contractOf({ services }), "own contract");
        assert.equal(JSON.stringify(contract.services), JSON.stringify(services));
      }),
      { numRuns: 500 },
    );
  });
});
