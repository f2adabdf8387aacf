import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { type HostileCase, hostileCases, SEED } from "./hostile/cases.ts";
import { checkCase } from "./hostile/properties.ts";
import { sweep } from "./arbitraries.ts";

const CASES = sweep(1000, 100_000);

describe("Hostile contracts", function () {
  this.timeout(600_000);

  // Again with the same cases: FC_SEED=<seed> mocha test/federation/hostileContracts.test.ts
  it(`cause no crash and no forbidden import in ${CASES.toLocaleString("en-US")} cases (seed ${SEED})`, () => {
    const seen = { untrusted: 0, planned: 0, refused: 0, both: 0 };
    const check = (hostile: HostileCase): void => {
      const { trusted, planned, refused } = checkCase(hostile);
      seen.untrusted += Number(!trusted);
      seen.planned += Number(planned > 0);
      seen.refused += Number(trusted && refused > 0);
      seen.both += Number(planned > 0 && refused > 0);
    };
    fc.assert(fc.property(hostileCases(SEED), check), { numRuns: CASES, seed: SEED });
    // Were all refused, or none, the cases would prove little.
    for (const [outcome, count] of Object.entries(seen)) assert.ok(count > CASES / 20, `${count} ${outcome}`);
  });
});
