import assert from "node:assert/strict";
import fc from "fast-check";
import { before, describe, it } from "mocha";
import pMap from "p-map";
import { type ServiceEntry, renderServiceEntry } from "../../federation/imports/serviceEntry.ts";
import { sharedLab } from "../lab/sharedLab.ts";
import { hostileCases, SEED } from "./hostile/cases.ts";
import { DryRun, assertTaken } from "./hostile/dryRun.ts";
import { EXTREMES } from "./hostile/extremes.ts";
import { checkCase, entriesFor } from "./hostile/properties.ts";
import { sweep } from "./arbitraries.ts";
import { BAR, barImport } from "./samples.ts";

/** Entries that the API server is asked about. */
const ENTRIES = sweep(100, 400);
/** Number of contracts, most of which are refused or import nothing hostile. */
const CASES = 15 * ENTRIES;

const CONCURRENCY = 8;

/** An ordinary entry, with something wrong. */
function wrong(change: (spec: ServiceEntry["spec"]) => void): ServiceEntry {
  const gateways = [{ address: "203.0.113.20", port: 15443 }];
  const more = { exportTo: ["*"], namespace: "istio-federation", peer: "cluster-b" };
  const entry = renderServiceEntry({
    host: `wrong.${BAR}`,
    service: barImport,
    gateways,
    otherGateways: {},
    ...more,
  });
  change(entry.spec);
  return entry;
}

describe("The API server and istiod's validation", function () {
  this.timeout(1_200_000);
  let server: DryRun;
  before(async () => {
    const { lab } = await sharedLab();
    server = await DryRun.connect(lab.kubeconfig, "cluster-a");
  });

  it("refuse or warn of entries that break a rule", async () => {
    const schema = await server.apply(wrong((spec) => (spec.endpoints[0]!.ports = { ["p".repeat(63)]: 1 })));
    assert.match(schema.answer, /port name must be valid/);
    const webhook = await server.apply(wrong((spec) => (spec.ports[0]!.protocol = "QUIC")));
    assert.match(webhook.answer, /admission webhook \S+ denied .*unsupported protocol: QUIC/);
    const { status, warnings } = await server.apply(wrong((spec) => (spec.hosts = ["*a.b.c"])));
    assert.equal(status, 201);
    assert.match(warnings.join(), /partial wildcard/);
  });

  for (const [name, contract] of Object.entries(EXTREMES)) {
    it(`accept the largest allowed entries without a warning: ${name}`, async () => {
      const [entry, ...others] = entriesFor(contract, ["*"]);
      assert.ok(entry);
      assert.deepEqual(others, []);
      assertTaken(await server.apply(entry), entry);
    });
  }

  it(`accept the entries of ${ENTRIES} services of hostile contracts without a warning (seed ${SEED})`, async () => {
    const cases = fc.sample(hostileCases(SEED), { numRuns: CASES, seed: SEED });
    const entries = new Map<string, ServiceEntry>();
    for (const hostile of cases) {
      const honest = new Set(
        entriesFor(hostile.honest, hostile.exportTo).map((entry) => JSON.stringify(entry)),
      );
      for (const entry of checkCase(hostile).entries) {
        const written = JSON.stringify(entry);
        if (!honest.has(written)) entries.set(written, entry);
      }
    }
    const chosen = [...entries.values()].slice(0, ENTRIES);
    assert.equal(chosen.length, ENTRIES);
    await pMap(
      chosen,
      async (entry) => {
        assertTaken(await server.apply(entry), entry);
      },
      { concurrency: CONCURRENCY },
    );
  });
});
