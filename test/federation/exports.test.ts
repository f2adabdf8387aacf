import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { parseContract } from "../../federation/contract.ts";
import {
  type ExportRule,
  type KubernetesService,
  type Workload,
  exportServices,
} from "../../federation/exports.ts";
import { label, shuffled } from "./arbitraries.ts";
import { contractOf } from "./samples.ts";

const cluster = { domain: "cluster-b.local", trustDomain: "b.example" };
const bar: KubernetesService = {
  namespace: "xyz",
  name: "bar",
  labels: { "istio-federation.dev/export": "true" },
  annotations: {},
  type: "ClusterIP",
  clusterIP: "10.0.0.1",
  selector: { app: "bar" },
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
};
const pod = { namespace: "xyz", labels: { app: "bar", version: "v1" }, serviceAccount: "bar" };
const byName: ExportRule[] = [{ namespace: "xyz", service: "bar" }];
const byLabel: ExportRule[] = [{ selector: { "istio-federation.dev/export": "true" } }];

/** What is offered of one Service, and the paths of the warnings. */
function exportsOf(changes: Partial<KubernetesService>, workloads: Workload[] = [pod], rules = byName) {
  const { services, warnings } = exportServices(
    { services: [{ ...bar, ...changes }], workloads },
    rules,
    cluster,
  );
  return { offered: services["bar.xyz.svc.cluster-b.local"], warned: warnings.map(({ path }) => path) };
}

const offeredBar = {
  ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
  subjectAltNames: ["spiffe://b.example/ns/xyz/sa/bar"],
};

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

  it("name each service account behind a Service once, in order, and nobody else's", () => {
    const workloads = [
      { ...pod, serviceAccount: "zeta" },
      pod,
      pod,
      { ...pod, serviceAccount: "" },
      { ...pod, serviceAccount: "stranger", labels: { app: "other" } },
      { ...pod, serviceAccount: "foreigner", namespace: "abc" },
    ];
    assert.deepEqual(exportsOf({}, workloads).offered?.subjectAltNames, [
      "spiffe://b.example/ns/xyz/sa/bar",
      "spiffe://b.example/ns/xyz/sa/zeta",
    ]);
  });

  it("hold back a Service whose workloads are not known: callers would believe anyone", () => {
    const held = { offered: undefined, warned: ["Service xyz/bar.selector"] };
    assert.deepEqual(exportsOf({}, []), held);
    assert.deepEqual(exportsOf({}, [{ ...pod, serviceAccount: "" }]), held);
    assert.deepEqual(exportsOf({ selector: {} }), held);
  });

  it("take identities from the annotation instead, if they are of this trust domain", () => {
    const annotated = (ids: string) =>
      exportsOf({ selector: {}, annotations: { "istio-federation.dev/subject-alt-names": ids } }, []);
    assert.deepEqual(
      annotated("spiffe://b.example/ns/xyz/sa/z, spiffe://b.example/vm/1").offered?.subjectAltNames,
      ["spiffe://b.example/ns/xyz/sa/z", "spiffe://b.example/vm/1"],
    );
    for (const ids of ["", "bar", "spiffe://a.example/ns/xyz/sa/bar", "spiffe://b.example/x,"]) {
      assert.deepEqual(annotated(ids), {
        offered: undefined,
        warned: ['Service xyz/bar.annotations["istio-federation.dev/subject-alt-names"]'],
      });
    }
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
