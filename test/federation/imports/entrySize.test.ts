import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { plainImport } from "../../../federation/imports/import.ts";
import { entrySizes } from "../../../federation/imports/peerService.ts";
import { fitsEndpoints, sharedPort, renderImport } from "../../../federation/imports/serviceEntry.ts";
import { contractService, gateways } from "../arbitraries.ts";
import { gatewaysOf, identitiesOf, portsOf } from "../hostile/extremes.ts";
import { BAR } from "../samples.ts";

const services = fc.oneof(
  contractService(),
  fc
    .record({ ports: fc.integer({ min: 1, max: 256 }), width: fc.integer({ min: 4, max: 63 }) })
    .map(({ ports, width }) => ({ ports: portsOf(ports, width), subjectAltNames: identitiesOf(3) })),
);

/** Services with and without a remote host of another name and a TLS-terminating gateway. */
const named = fc.tuple(services, fc.boolean(), fc.boolean()).map(([service, renamed, terminated]) => ({
  ...plainImport(service),
  remoteHost: renamed ? `there.${BAR}` : undefined,
  terminated,
}));

describe("The size of a ServiceEntry", () => {
  it("is estimated without rendering, never too small", () => {
    const many = fc
      .integer({ min: 1, max: 50 })
      .map((count) => gatewaysOf(count, { names: count % 2 === 0 }));
    fc.assert(
      fc.property(named, fc.oneof(gateways(), many), (service, addresses) => {
        // Entries that cannot be rendered are refused before they are measured.
        fc.pre(fitsEndpoints(service.ports) || sharedPort(addresses) !== undefined);
        const more = { gateways: addresses, otherGateways: {}, exportTo: [], namespace: "", peer: "" };
        const written = renderImport({ host: BAR, service, ...more })
          .map((object) => JSON.stringify(object))
          .join("");
        const reckoned = entrySizes(addresses)(BAR, service);
        assert.equal(Buffer.byteLength(written), written.length);
        assert.ok(reckoned >= written.length, `${reckoned} for ${written.length}`);
        // A port's digits, and one endpoint.
        const slack = 4 * service.ports.length * (addresses.length + 1);
        assert.ok(reckoned <= written.length + 20_000 && reckoned <= written.length * 2 + slack);
      }),
    );
  });
});
