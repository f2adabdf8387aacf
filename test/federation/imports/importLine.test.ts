import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import {
  formatImport,
  localServiceIn,
  needsRule,
  parseImport,
} from "../../../federation/imports/importedService.ts";
import { contractService, label, outlierDetection } from "../arbitraries.ts";

describe("The line of an import", () => {
  it("reads as a person would say it", () => {
    assert.equal(
      formatImport({
        ports: [
          { number: 8080, name: "http", protocol: "HTTP" },
          { number: 9090, name: "grpc", protocol: "GRPC" },
        ],
        subjectAltNames: ["spiffe://b.local/ns/xyz/sa/bar"],
      }),
      "8080/HTTP http, 9090/GRPC grpc as spiffe://b.local/ns/xyz/sa/bar",
    );
  });

  it("tells the name that the service has there, where it has another one here", () => {
    assert.equal(
      formatImport({
        ports: [{ number: 8000, name: "http", protocol: "HTTP" }],
        subjectAltNames: ["spiffe://cluster.local/ns/bar/sa/httpbin"],
        remoteHost: "httpbin.bar.svc.cluster.local",
      }),
      "8000/HTTP http of httpbin.bar.svc.cluster.local as spiffe://cluster.local/ns/bar/sa/httpbin",
    );
  });

  it("tells that the peer's gateway opens its calls", () => {
    assert.equal(
      formatImport({
        ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
        subjectAltNames: ["spiffe://b.local/ns/istio-gateway/sa/eastwestgateway"],
        terminated: true,
        exportTo: ["client"],
      }),
      "8080/HTTP http as spiffe://b.local/ns/istio-gateway/sa/eastwestgateway atGateway exportTo client",
    );
  });

  it("tells who sees it, and when its gateways pause, where an import rule says so", () => {
    assert.equal(
      formatImport({
        ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
        subjectAltNames: ["spiffe://b.local/ns/xyz/sa/bar"],
        servedBy: [{ peer: "cluster-b" }, { peer: "cluster-c", weight: 3 }],
        exportTo: ["client", "shop"],
        outlierDetection: { baseEjectionTime: "30s", consecutive5xxErrors: 5 },
        localService: "bar-xyz-cluster-b",
      }),
      "8080/HTTP http as spiffe://b.local/ns/xyz/sa/bar servedBy cluster-b, cluster-c weight 3 exportTo client, shop " +
        "outlierDetection consecutive5xxErrors 5, baseEjectionTime 30s localService bar-xyz-cluster-b",
    );
  });

  it("is read back exactly, also when ports and names are called as the words between them", () => {
    const namespaces = fc.uniqueArray(fc.oneof(label(), fc.constantFrom(".", "*", "as", "of")), {
      minLength: 1,
      maxLength: 3,
    });
    const weighted = fc
      .tuple(fc.oneof(label(), fc.constantFrom("weight", "as")), fc.option(fc.integer({ min: 1, max: 1000 })))
      .map(([peer, weight]) => ({ peer, ...(weight === null ? {} : { weight }) }));
    const serving = fc.uniqueArray(weighted, { minLength: 1, maxLength: 3, selector: ({ peer }) => peer });
    const words = fc.constantFrom("of", "as", "http");
    const named = fc
      .tuple(
        contractService(),
        fc.option(words),
        fc.option(fc.oneof(words, fc.constant("a.b.svc.c.local"))),
        fc.option(namespaces),
        fc.option(outlierDetection()),
        fc.option(serving),
        fc.boolean(),
        fc.option(
          fc.oneof(
            words,
            label().filter((name) => /^[a-z]/.test(name)),
          ),
        ),
      )
      .map(([{ ports, subjectAltNames }, port, remoteHost, exportTo, outliers, servedBy, opened, local]) => ({
        ports: ports.map((each) => (port === null ? each : { ...each, name: port })),
        subjectAltNames,
        ...(remoteHost === null ? {} : { remoteHost }),
        ...(opened ? { terminated: true as const } : {}),
        ...(servedBy === null ? {} : { servedBy }),
        ...(exportTo === null ? {} : { exportTo }),
        ...(outliers === null ? {} : { outlierDetection: outliers }),
        ...(local === null ? {} : { localService: local }),
      }));
    fc.assert(
      fc.property(named, (service) => {
        const line = formatImport(service);
        assert.deepEqual(parseImport(line), service);
        assert.equal(localServiceIn(line), "localService" in service ? service.localService : undefined);
        const reasons = ["remoteHost", "terminated", "outlierDetection"];
        assert.equal(
          needsRule(line),
          reasons.some((reason) => reason in service),
        );
      }),
    );
  });

  it("is read back when a port is named like the word before the identities", () => {
    const service = {
      ports: [
        { number: 80, name: "as", protocol: "HTTP" as const },
        { number: 90, name: "as", protocol: "TCP" as const },
      ],
      subjectAltNames: ["spiffe://b/as/as"],
    };
    assert.deepEqual(parseImport(formatImport(service)), service);
  });

  it("is refused when it was not written so", () => {
    for (const line of [
      "",
      "8080/HTTP http",
      "8080/HTTP http as ",
      " as spiffe://b/x",
      "8080/HTTP http as b",
      "8080/HTTP http as spiffe://b/x localService ",
      "8080/HTTP http as spiffe://b/x localService 1a",
      "8080/HTTP http as spiffe://b/x localService a.b",
      "8080/HTTP http as spiffe://b/x localService a exportTo b",
      "8080/http http as spiffe://b/x",
      "08080/HTTP http as spiffe://b/x",
      "0/HTTP http as spiffe://b/x",
      "70000/HTTP http as spiffe://b/x",
      "8080/HTTP Http as spiffe://b/x",
      "8080/HTTP http,9090/GRPC grpc as spiffe://b/x",
      "8080/HTTP http as spiffe://b/x as spiffe://b/y",
      "8080/HTTP http as spiffe://b/x,spiffe://b/y",
      "8080/HTTP http as spiffe://b/x ",
      "8080/HTTP http of as spiffe://b/x",
      "8080/HTTP http of A.b as spiffe://b/x",
      "8080/HTTP http of a.b of c.d as spiffe://b/x",
      "8080/HTTP http of a.b, 9090/GRPC grpc as spiffe://b/x",
      "of a.b as spiffe://b/x",
      "8080/HTTP http as spiffe://b/x servedBy ",
      "8080/HTTP http as spiffe://b/x servedBy b weight",
      "8080/HTTP http as spiffe://b/x servedBy b weight 0",
      "8080/HTTP http as spiffe://b/x servedBy b weight 1001",
      "8080/HTTP http as spiffe://b/x servedBy b heavy 1",
      "8080/HTTP http as spiffe://b/x exportTo a servedBy b",
      "8080/HTTP http as spiffe://b/x exportTo a atGateway",
      "8080/HTTP http as spiffe://b/x servedBy b atGateway",
      "8080/HTTP http as spiffe://b/x atGateway atGateway",
      "8080/HTTP http as spiffe://b/x, atGateway",
      "8080/HTTP http as atGateway",
      "8080/HTTP http atGateway as spiffe://b/x",
      "8080/HTTP http as spiffe://b/x exportTo ",
      "8080/HTTP http as spiffe://b/x exportTo A",
      "8080/HTTP http as spiffe://b/x exportTo a,b",
      "8080/HTTP http as spiffe://b/x exportTo a exportTo b",
      "8080/HTTP http exportTo a as spiffe://b/x",
      "8080/HTTP http as spiffe://b/x outlierDetection ",
      "8080/HTTP http as spiffe://b/x outlierDetection interval 10",
      "8080/HTTP http as spiffe://b/x outlierDetection consecutive5xxErrors 05",
      "8080/HTTP http as spiffe://b/x outlierDetection consecutive5xxErrors",
      "8080/HTTP http as spiffe://b/x outlierDetection interval 10s, consecutive5xxErrors 5",
      "8080/HTTP http as spiffe://b/x outlierDetection interval 10s, interval 10s",
      "8080/HTTP http as spiffe://b/x outlierDetection maxEjectionPercent 101",
      "8080/HTTP http as spiffe://b/x outlierDetection interval 10s exportTo a",
    ]) {
      assert.throws(() => parseImport(line), /must be "<number>\/<protocol> <name>/, line);
    }
    fc.assert(
      fc.property(fc.string(), (line) => {
        assert.throws(() => parseImport(line), Error);
      }),
    );
  });
});
