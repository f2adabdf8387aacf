import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { LOCAL_KINDS, renderImport } from "../../../federation/imports/serviceEntry.ts";
import { hasDestinationRule } from "../../../federation/imports/destinationRule.ts";
import { outlierDetection, peerImport } from "../arbitraries.ts";
import { BAR, barImport } from "../samples.ts";

const more = {
  gateways: [{ address: "203.0.113.20", port: 15443 }],
  otherGateways: {},
  exportTo: ["*"],
  namespace: "istio-federation",
  peer: "cluster-b",
};
const REMOTE_HOST = "istio-federation.dev/remote-host";

describe("The objects of an import", () => {
  const services = fc
    .tuple(
      peerImport(),
      fc.constantFrom(undefined, BAR),
      fc.option(outlierDetection()),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([service, remoteHost, outliers, terminated, local]) => ({
      ...service,
      terminated,
      remoteHost,
      outlierDetection: outliers ?? undefined,
      localService: local ? "bar-xyz-b" : undefined,
    }));

  it("are of the kinds that its settings need, named after the host or the local Service", () => {
    fc.assert(
      fc.property(services, (service) => {
        const objects = renderImport({ host: "bar.xyz.global", service, ...more });
        assert.deepEqual(
          objects.map(({ kind }) => kind),
          ["ServiceEntry", "DestinationRule", ...LOCAL_KINDS].filter((kind) => {
            if (kind === "DestinationRule") return hasDestinationRule(service);
            return kind === "ServiceEntry" || service.localService !== undefined;
          }),
        );
        const local = ["Service", "VirtualService"];
        for (const { kind, metadata } of objects)
          assert.equal(metadata.name, local.includes(kind) ? "bar-xyz-b" : "bar.xyz.global");
      }),
    );
  });

  it("are one ServiceEntry without annotations where local and remote host are equal", () => {
    fc.assert(
      fc.property(peerImport(), (service) => {
        const [entry, ...others] = renderImport({ host: BAR, service, ...more });
        assert.deepEqual(others, []);
        assert.deepEqual(entry && "annotations" in entry.metadata && entry.metadata.annotations, {});
      }),
    );
  });

  it("have an annotation for outlier detection", () => {
    const service = { ...barImport, outlierDetection: { interval: "5s" } };
    const [entry, rule] = renderImport({ host: BAR, service, ...more });
    assert.deepEqual(entry && "annotations" in entry.metadata && entry.metadata.annotations, {
      "istio-federation.dev/outlier-detection": '{"interval":"5s"}',
    });
    assert.equal(rule?.kind, "DestinationRule");
  });

  it("have an annotation for a TLS-terminating gateway", () => {
    const service = { ...barImport, terminated: true };
    const [entry, rule] = renderImport({ host: BAR, service, ...more });
    assert.deepEqual(entry && "annotations" in entry.metadata && entry.metadata.annotations, {
      "istio-federation.dev/terminated": "true",
    });
    assert.deepEqual(rule?.kind === "DestinationRule" && rule.spec.trafficPolicy, {
      tls: { mode: "ISTIO_MUTUAL", sni: `p8080.${BAR}` },
    });
  });

  it("have the exportTo of the service, by default the peer's", () => {
    const seen = (exportTo: string[]) =>
      renderImport({
        host: "x.global",
        service: { ...barImport, remoteHost: BAR, exportTo },
        ...more,
      }).map(({ spec }) => "exportTo" in spec && spec.exportTo);
    assert.deepEqual(seen([]), [["*"], ["*"]]);
    assert.deepEqual(seen(["shop", "client"]), [
      ["client", "shop"],
      ["client", "shop"],
    ]);
  });

  it("have an annotation for a remote host of another name", () => {
    fc.assert(
      fc.property(peerImport(), (service) => {
        const [entry] = renderImport({ host: "x.global", service: { ...service, remoteHost: BAR }, ...more });
        assert.deepEqual(entry && "annotations" in entry.metadata && entry.metadata.annotations, {
          [REMOTE_HOST]: BAR,
        });
      }),
    );
  });
});
