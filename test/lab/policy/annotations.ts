import assert from "node:assert/strict";
import { EXPORT_PEERS_ANNOTATION, EXPORT_PORTS_ANNOTATION } from "../../../federation/labels.ts";
import { withHandMadeEntry } from "../../../lab/proofs/handMadeEntry.ts";
import { hostOf } from "../../../lab/proofs/proof.ts";
import { expectAnswer, expectStatus } from "../answers.ts";
import { importedHosts } from "../importedHosts.ts";
import type { OfferingCluster } from "../offeringCluster.ts";
import {
  A,
  ADMIN,
  BAR,
  BAR_TO_ALL,
  BAZ,
  C,
  CLERK,
  FOO,
  FOOS_NEIGHBOUR,
  GATEWAY_OF_B,
  STORE,
  STORE_TO_ALL,
  VISITOR,
} from "./parties.ts";

/** Tests of what the owners of cluster-b's Services say on them. */
export function testAnnotations(b: () => OfferingCluster): void {
  describe("Services that rules offer, and whose owners say less on them", () => {
    const rules = [BAR_TO_ALL, { ...STORE_TO_ALL, peers: [A.name] }];
    before(async () => {
      await b().annotateService(BAR, { [EXPORT_PEERS_ANNOTATION]: A.name });
      await b().annotateService(STORE, {
        [EXPORT_PORTS_ANNOTATION]: "http",
        // More than the rule says.
        [EXPORT_PEERS_ANNOTATION]: `${A.name},${C.name}`,
      });
      await b().offer(rules);
    });

    after(async () => {
      const unset = { [EXPORT_PEERS_ANNOTATION]: null, [EXPORT_PORTS_ANNOTATION]: null };
      await b().annotateService(BAR, unset);
      await b().annotateService(STORE, unset);
      await b().offer([BAR_TO_ALL, STORE_TO_ALL]);
      await expectAnswer(BAZ, BAR);
    });

    it("are imported by the peers that both the rule and the owner name", async () => {
      assert.deepEqual(
        await importedHosts(b().lab, A.name),
        [hostOf(BAR), hostOf(STORE), hostOf(BAZ)].sort(),
      );
      assert.deepEqual(await importedHosts(b().lab, C.name), [hostOf(FOO)]);
    });

    it("answer that peer", () => expectAnswer(FOO, BAR));

    it("are refused at the workload to the peer that the owner does not name, which makes itself an entry", () =>
      withHandMadeEntry(b().lab, BAZ, BAR, GATEWAY_OF_B, () => expectStatus(403, BAZ, BAR)));

    it("are refused at the workload to the peer that the rule does not name, whatever the owner says", () =>
      withHandMadeEntry(b().lab, BAZ, STORE, GATEWAY_OF_B, () => expectStatus(403, BAZ, STORE)));

    it("answer on the port that the owner names, and refuse peers at the workload on the other", () =>
      withHandMadeEntry(b().lab, VISITOR, STORE, GATEWAY_OF_B, async () => {
        await expectAnswer(VISITOR, STORE);
        await expectStatus(403, VISITOR, STORE, {}, ADMIN.number);
        await expectAnswer(FOOS_NEIGHBOUR, STORE);
      }));

    it("answer callers of their own cluster on all ports", async () => {
      await expectAnswer(CLERK, BAR);
      await expectAnswer(CLERK, STORE);
      await expectAnswer(CLERK, STORE, {}, ADMIN.number);
    });
  });
}
