import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { foldContract } from "../../../federation/contract/fold.ts";
import { numberContract } from "../../../federation/contract/revision.ts";
import { SIGNATURE, contentDigest } from "../../../federation/contract/signature.ts";
import { Findings } from "../../../federation/core/findings.ts";
import { parseLastRun } from "../../../federation/lastRun.ts";
import { BAR, barService, contractOf } from "../samples.ts";

/** Record of a published contract for the next run, by the stack's outputs. */
function published(federation: object) {
  const outputs = JSON.parse(
    JSON.stringify({ federation: { ...federation, [SIGNATURE]: "a..b" } }),
  ) as object;
  return parseLastRun({ value: outputs as Record<string, unknown> }, new Findings())?.published;
}

describe("The revision of a contract", () => {
  it("is 1 first", () => {
    assert.equal(numberContract(contractOf({ revision: 9 }), undefined).revision, 1);
  });

  it("stays while the contract stays, in any number of runs", () => {
    let last = published(contractOf({ revision: 7 }));
    for (let run = 0; run < 3; run++) {
      const contract = numberContract(contractOf(), last);
      assert.equal(contract.revision, 7);
      last = published(contract);
    }
  });

  const many = Object.fromEntries(
    Array.from({ length: 101 }, (_, index) => [`s${index}.xyz.svc.cluster-b.local`, barService]),
  );
  const changes: [title: string, change: Parameters<typeof contractOf>[0]][] = [
    ["a gateway", { gateways: [] }],
    ["a service", { services: {} }],
    [
      "a port of a service",
      { services: { [BAR]: { ...barService, ports: [{ number: 1, name: "tcp", protocol: "TCP" }] } } },
    ],
    ["a field that is optional", { meshDomain: "cluster-b.mesh" }],
    ["the services so many that they are folded", { services: many }],
  ];
  for (const [title, change] of changes)
    it(`grows by one with ${title}, and by one when that is taken back`, () => {
      const first = published(contractOf({ revision: 3 }));
      const second = numberContract(foldContract(contractOf(change)), first);
      assert.equal(second.revision, 4);
      assert.equal(numberContract(foldContract(contractOf(change)), published(second)).revision, 4);
      assert.equal(numberContract(contractOf(), published(second)).revision, 5);
    });

  it("grows with what readers see, when another version of this program published the same with a further field", () => {
    const last = published({ ...contractOf({ revision: 3 }), formerField: [] });
    const contract = numberContract(contractOf(), last);
    assert.equal(contract.revision, 4);
    assert.notEqual(contentDigest(contract), last?.digest);
  });

  it("begins again after the largest one that a reader accepts", () => {
    const last = published(contractOf({ revision: Number.MAX_SAFE_INTEGER }));
    assert.equal(numberContract(contractOf(), last).revision, Number.MAX_SAFE_INTEGER);
    assert.equal(numberContract(contractOf({ gateways: [] }), last).revision, 1);
  });
});
