import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { formatImport, isRenamed } from "../../federation/importLine.ts";
import { IMPORT_KINDS, renderImport } from "../../federation/importObjects.ts";
import { contractService } from "./arbitraries.ts";
import { BAR } from "./samples.ts";

const more = {
  gateways: [{ address: "203.0.113.20", port: 15443 }],
  exportTo: ["*"],
  namespace: "istio-federation",
  peer: "cluster-b",
};
const REMOTE_HOST = "istio-federation.dev/remote-host";

describe("What registers a service", () => {
  const services = fc
    .tuple(contractService(), fc.constantFrom(undefined, BAR))
    .map(([service, remoteHost]) => ({ ...service, ...(remoteHost === undefined ? {} : { remoteHost }) }));

  it("is of all kinds where its line tells another name there, each object named as the service is here", () => {
    fc.assert(
      fc.property(services, (service) => {
        const objects = renderImport({ host: "bar.xyz.global", service, ...more });
        assert.deepEqual(
          objects.map(({ kind }) => kind),
          isRenamed(formatImport(service)) ? IMPORT_KINDS : ["ServiceEntry"],
        );
        assert.ok(objects.every(({ metadata }) => metadata.name === "bar.xyz.global"));
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
