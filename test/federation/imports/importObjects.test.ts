import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { IMPORT_KINDS, renderImport } from "../../../federation/imports/importObjects.ts";
import { formatImport, needsRule } from "../../../federation/imports/importedService.ts";
import { contractService, outlierDetection } from "../arbitraries.ts";
import { BAR, barService } from "../samples.ts";

const more = {
  gateways: [{ address: "203.0.113.20", port: 15443 }],
  exportTo: ["*"],
  namespace: "istio-federation",
  peer: "cluster-b",
};
const REMOTE_HOST = "istio-federation.dev/remote-host";

describe("What registers a service", () => {
  const services = fc
    .tuple(
      contractService(),
      fc.constantFrom(undefined, BAR),
      fc.option(outlierDetection()),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([service, remoteHost, outliers, opened, local]) => ({
      ...service,
      ...(opened ? { terminated: true as const } : {}),
      ...(remoteHost === undefined ? {} : { remoteHost }),
      ...(outliers === null ? {} : { outlierDetection: outliers }),
      ...(local ? { localService: "bar-xyz-b" } : {}),
    }));

  it("is of the kinds that its line tells, each object named as the service is here, or as its local Service", () => {
    fc.assert(
      fc.property(services, (service) => {
        const objects = renderImport({ host: "bar.xyz.global", service, ...more });
        assert.deepEqual(
          objects.map(({ kind }) => kind),
          IMPORT_KINDS.filter((kind) => {
            if (kind === "DestinationRule") return needsRule(formatImport(service));
            return kind === "ServiceEntry" || "localService" in service;
          }),
        );
        const local = ["Service", "VirtualService"];
        for (const { kind, metadata } of objects)
          assert.equal(metadata.name, local.includes(kind) ? "bar-xyz-b" : "bar.xyz.global");
      }),
    );
  });

  it("is a ServiceEntry alone, without a further word, where the service has one name here and there", () => {
    fc.assert(
      fc.property(contractService(), (service) => {
        const [entry, ...others] = renderImport({ host: BAR, service, ...more });
        assert.deepEqual(others, []);
        assert.ok(entry && !("annotations" in entry.metadata));
      }),
    );
  });

  it("tells in an annotation when its gateways pause, so that its rule is looked for", () => {
    const service = { ...barService, outlierDetection: { interval: "5s" } };
    const [entry, rule] = renderImport({ host: BAR, service, ...more });
    assert.deepEqual(entry && "annotations" in entry.metadata && entry.metadata.annotations, {
      "istio-federation.dev/outlier-detection": "interval 5s",
    });
    assert.equal(rule?.kind, "DestinationRule");
  });

  it("tells in an annotation that the peer's gateway opens its calls, so that its rule is looked for", () => {
    const service = { ...barService, terminated: true as const };
    const [entry, rule] = renderImport({ host: BAR, service, ...more });
    assert.deepEqual(entry && "annotations" in entry.metadata && entry.metadata.annotations, {
      "istio-federation.dev/terminated": "true",
    });
    assert.deepEqual(rule?.kind === "DestinationRule" && rule.spec.trafficPolicy, {
      tls: { mode: "ISTIO_MUTUAL", sni: `p8080.${BAR}` },
    });
  });

  it("is seen where its service is, if that is said of it, and else where the peer's services are", () => {
    const seen = (exportTo?: string[]) =>
      renderImport({
        host: "x.global",
        service: { ...barService, remoteHost: BAR, ...(exportTo === undefined ? {} : { exportTo }) },
        ...more,
      }).map(({ spec }) => "exportTo" in spec && spec.exportTo);
    assert.deepEqual(seen(), [["*"], ["*"]]);
    assert.deepEqual(seen(["shop", "client"]), [
      ["client", "shop"],
      ["client", "shop"],
    ]);
  });

  it("tells in an annotation which name the service has there, if it is another", () => {
    fc.assert(
      fc.property(contractService(), (service) => {
        const [entry] = renderImport({ host: "x.global", service: { ...service, remoteHost: BAR }, ...more });
        assert.deepEqual(entry && "annotations" in entry.metadata && entry.metadata.annotations, {
          [REMOTE_HOST]: BAR,
        });
      }),
    );
  });
});
