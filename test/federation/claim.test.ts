import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { judgeDomains } from "../../federation/claim.ts";

const claim = { owner: "pending peer cluster-c", clusterDomain: "c.local", trustDomain: "c.example" };
const free = { clusterDomain: "b.local", trustDomain: "b.example" };

describe("A cluster's domains", () => {
  it("may be what nobody claims", () => {
    assert.deepEqual(judgeDomains(free, [claim]), []);
    assert.deepEqual(judgeDomains({ ...free, clusterDomain: "bc.local" }, [claim]), []);
  });

  it("may be another's domain of the other kind", () => {
    assert.deepEqual(judgeDomains({ clusterDomain: "c.example", trustDomain: "c.local" }, [claim]), []);
  });

  for (const [field, claimed] of [
    ["clusterDomain", "c.local"],
    ["trustDomain", "c.example"],
  ] as const) {
    for (const value of [claimed, claimed.replace("c.", ""), `x.${claimed}`]) {
      it(`cannot have ${value} as ${field} when ${claimed} is claimed, and hear whose it is`, () => {
        assert.deepEqual(
          judgeDomains({ ...free, [field]: value }, [claim]).map(({ path, rule }) => [path, rule]),
          [[field, `must neither be, hold nor lie in '${claimed}', which is that of pending peer cluster-c`]],
        );
      });
    }
  }
});
