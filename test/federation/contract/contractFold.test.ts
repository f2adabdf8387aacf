import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { parseContract, readContract } from "../../../federation/contract/contract.ts";
import { foldContract } from "../../../federation/contract/fold.ts";
import { contractService } from "../arbitraries.ts";
import { servicesOf } from "../hostile/extremes.ts";
import { barService, contractOf, faultsThrown } from "../samples.ts";

const contractWith = (count: number, service: unknown = barService): ReturnType<typeof contractOf> =>
  parseContract(contractOf({ services: servicesOf(count, service) }), "contract of b");

const without = (value: object, key: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));

describe("A folded contract", () => {
  it("is the unchanged contract up to 100 services", () => {
    for (const count of [0, 1, 100]) {
      const contract = contractWith(count);
      assert.equal(JSON.stringify(foldContract(contract)), JSON.stringify(contract));
    }
  });

  it("hides more services from Pulumi's display and states their number", () => {
    const folded: object = foldContract(contractWith(10_000));
    assert.ok("__services" in folded);
    assert.equal(Object.keys(folded.__services as object).length, 10_000);
    const shown = without(folded, "__services");
    assert.ok(!("services" in shown));
    assert.match(
      String(shown["foldedServices"]),
      /^10,000 services, sha256 [0-9a-f]{12}; `pulumi stack output/,
    );
    assert.ok(JSON.stringify(shown).length < 2000);
    assert.equal(shown["cluster"], "cluster-b");
  });

  it("shows a change of one service though the number is the same", () => {
    const shown = (protocol: string): unknown => {
      const ports = [{ number: 80, name: "a", protocol }];
      return without(foldContract(contractWith(101, { ...barService, ports })), "__services");
    };
    assert.deepEqual(shown("TCP"), shown("TCP"));
    assert.notDeepEqual(shown("TCP"), shown("HTTP"));
  });

  it("is unfolded to the original contract", () => {
    fc.assert(
      fc.property(contractService(), fc.integer({ min: 90, max: 110 }), (service, count) => {
        const contract = contractWith(count, service);
        const published: unknown = JSON.parse(JSON.stringify(foldContract(contract)));
        assert.deepEqual(readContract(published, "contract of b"), {
          contract,
          refused: [],
          refusedHosts: [],
          refusedGateways: [],
        });
      }),
      { numRuns: 20 },
    );
  });

  it("may have any number of services for a reader", () => {
    const published = { ...without(contractOf(), "services"), __services: contractOf().services };
    const { contract } = readContract(published, "contract of b");
    assert.deepEqual(contract, contractOf());
  });

  it("is refused with services in both fields or services that are not a map", () => {
    const faults = (value: unknown): string[] => faultsThrown(() => readContract(value, "contract of b"));
    assert.deepEqual(faults({ ...contractOf(), __services: {} }), ["__services: is there beside 'services'"]);
    const rest = without(contractOf(), "services");
    assert.deepEqual(faults({ ...rest, __services: [] }), ["services: must be a map"]);
    assert.deepEqual(faults(rest), ["services: is missing"]);
  });
});
