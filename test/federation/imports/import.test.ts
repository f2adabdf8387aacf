import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { FaultsError } from "../../../federation/core/fault.ts";
import {
  type Import,
  formatImport,
  formatImportChange,
  importFromJson,
  importToJson,
} from "../../../federation/imports/import.ts";
import { label, outlierDetection, peerImport } from "../arbitraries.ts";
import { barImport } from "../samples.ts";

const everything: Import = {
  ports: [
    { number: 8080, name: "http", protocol: "HTTP" },
    { number: 9090, name: "grpc", protocol: "GRPC" },
  ],
  subjectAltNames: ["spiffe://b.local/ns/istio-gateway/sa/eastwestgateway"],
  remoteHost: "bar.xyz.svc.b.local",
  terminated: true,
  servedBy: [
    { peer: "cluster-b", weight: undefined },
    { peer: "cluster-c", weight: 3 },
  ],
  exportTo: ["client", "shop"],
  outlierDetection: { baseEjectionTime: "30s", consecutive5xxErrors: 5 },
  localService: "bar-xyz-cluster-b",
};

/** Imports with any settings, also ports and peers named like the words of a line. */
const imports = fc
  .record(
    {
      service: peerImport(),
      word: fc.constantFrom("of", "as", "http", "terminated"),
      remoteHost: fc.constantFrom(undefined, "of", "a.b.svc.c.local"),
      terminated: fc.boolean(),
      servedBy: fc.array(
        fc.record(
          { peer: label(), weight: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }) },
          { noNullPrototype: true },
        ),
        { maxLength: 3 },
      ),
      exportTo: fc.array(fc.oneof(label(), fc.constantFrom(".", "*")), { maxLength: 3 }),
      outlierDetection: fc.option(outlierDetection(), { nil: undefined }),
      localService: fc.option(
        label().filter((name) => /^[a-z]/.test(name)),
        { nil: undefined },
      ),
    },
    { noNullPrototype: true },
  )
  .map(({ service, word, ...settings }): Import => {
    const [first, ...others] = service.ports;
    const ports = first === undefined ? others : [{ ...first, name: word }, ...others];
    return { ...service, ...settings, ports };
  });

describe("An import", () => {
  it("is displayed as one line with the set fields only", () => {
    assert.equal(formatImport(barImport), "8080/HTTP http as spiffe://cluster-b.local/ns/xyz/sa/bar");
    assert.equal(
      formatImport(everything),
      "8080/HTTP http, 9090/GRPC grpc of bar.xyz.svc.b.local as spiffe://b.local/ns/istio-gateway/sa/eastwestgateway " +
        "terminated servedBy cluster-b, cluster-c weight 3 exportTo client, shop " +
        "outlierDetection consecutive5xxErrors 5, baseEjectionTime 30s localService bar-xyz-cluster-b",
    );
  });

  it("displays a change as the differing fields", () => {
    const after = { ...everything, terminated: false, exportTo: [], localService: "bar" };
    assert.equal(
      formatImportChange(everything, after),
      "terminated terminated => none; exportTo client, shop => none; localService bar-xyz-cluster-b => bar",
    );
    assert.equal(formatImportChange(everything, structuredClone(everything)), "");
  });

  it("round-trips through canonical JSON", () => {
    fc.assert(
      fc.property(imports, (service) => {
        const json = importToJson(service);
        assert.deepEqual(importFromJson(json), service);
        const reversed = Object.fromEntries(Object.entries(service).reverse()) as Import;
        const settings = Object.entries(service.outlierDetection ?? {}).reverse();
        const outliers = service.outlierDetection && Object.fromEntries(settings);
        assert.equal(importToJson({ ...reversed, outlierDetection: outliers }), json);
      }),
    );
  });

  it("differs from another in a field of its line", () => {
    fc.assert(
      fc.property(imports, imports, (one, other) => {
        const isSame = importToJson(one) === importToJson(other);
        assert.equal(formatImportChange(one, other) === "", isSame);
        if (!isSame) assert.notEqual(formatImport(one), formatImport(other));
      }),
    );
  });

  const faulty: [string, object][] = [
    ["ports", { ports: [] }],
    ["ports[0].number", { ports: [{ number: 70000, name: "http", protocol: "HTTP" }] }],
    ["ports[0].name", { ports: [{ number: 80, name: "Http", protocol: "HTTP" }] }],
    ["ports[0].protocol", { ports: [{ number: 80, name: "http", protocol: "http" }] }],
    ["subjectAltNames", { subjectAltNames: [] }],
    ["subjectAltNames[0]", { subjectAltNames: ["b"] }],
    ["remoteHost", { remoteHost: "A.b" }],
    ["terminated", { terminated: "true" }],
    ["servedBy", { servedBy: [] }],
    ["servedBy[0].weight", { servedBy: [{ peer: "b", weight: 1001 }] }],
    ["exportTo[0]", { exportTo: ["A"] }],
    ["outlierDetection.interval", { outlierDetection: { interval: "10" } }],
    ["outlierDetection", { outlierDetection: {} }],
    ["localService", { localService: "1a" }],
  ];
  for (const [path, change] of faulty) {
    it(`is refused with a fault at ${path}: ${JSON.stringify(change)}`, () => {
      const json = JSON.stringify({ ...(JSON.parse(importToJson(barImport)) as object), ...change });
      assert.throws(
        () => importFromJson(json),
        (error) => error instanceof FaultsError && error.faults.every((fault) => fault.path === path),
      );
    });
  }

  it("is refused with an unknown field, or when it is not JSON", () => {
    assert.throws(() => importFromJson('{"ports":[],"line":"8080/HTTP http"}'), FaultsError);
    assert.throws(() => importFromJson("8080/HTTP http as spiffe://b/x"), SyntaxError);
  });
});
