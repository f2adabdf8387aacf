import assert from "node:assert/strict";
import { EXPORT_PEERS_ANNOTATION, EXPORT_PORTS_ANNOTATION } from "../../../federation/core/labels.ts";
import { withHandMadeEntry } from "../../../lab/proofs/unexported.ts";
import { hostOf } from "../../../lab/proofs/proof.ts";
import { expectAnswer, expectStatus } from "../answers.ts";
import { importedHosts } from "../importedHosts.ts";
import type { OfferingCluster } from "../offeringCluster.ts";
import {
  A,
  ADMIN,
  BAR,
  BAR_TO_ALL,
  BARS_NEIGHBOUR,
  BAZ,
  C,
  CLERK,
  FOO,
  GATEWAY_OF_B,
  STORE,
  STORE_TO_ALL,
  VISITOR,
} from "./parties.ts";

/** Tests of what the owners of cluster-b's Services say on them. */
export function testAnnotations(b: () => OfferingCluster): void {
  describe("Services that rules offer, and whose owners say less on them", () => {
    const { namespace, name } = BARS_NEIGHBOUR;
    before(async () => {
      await b().annotateService(BAR, { [EXPORT_PEERS_ANNOTATION]: A.name });
      await b().annotateService(STORE, { [EXPORT_PORTS_ANNOTATION]: "http" });
      // More than the rule says.
      await b().annotateService(BARS_NEIGHBOUR, { [EXPORT_PEERS_ANNOTATION]: `${A.name},${C.name}` });
      await b().offer([BAR_TO_ALL, STORE_TO_ALL, { namespace, service: name, peers: [A.name] }]);
    });

    after(async () => {
      const unset = { [EXPORT_PEERS_ANNOTATION]: null, [EXPORT_PORTS_ANNOTATION]: null };
      for (const service of [BAR, STORE, BARS_NEIGHBOUR]) await b().annotateService(service, unset);
      await b().offer([BAR_TO_ALL, STORE_TO_ALL]);
      await expectAnswer(BAZ, BAR);
    });

    it("are imported by the peers that both the rule and the owner name", async () => {
      assert.deepEqual(
        await importedHosts(b().lab, A.name),
        [hostOf(BAR), hostOf(BARS_NEIGHBOUR), hostOf(STORE), hostOf(BAZ)].sort(),
      );
      assert.deepEqual(await importedHosts(b().lab, C.name), [hostOf(FOO), hostOf(STORE)].sort());
    });

    it("answer these", async () => {
      for (const service of [BAR, BARS_NEIGHBOUR, STORE]) await expectAnswer(FOO, service);
      await expectAnswer(BAZ, STORE);
    });

    it("are refused at the workload to the peer that the owner does not name, which makes itself an entry", () =>
      withHandMadeEntry(b().lab, BAZ, BAR, GATEWAY_OF_B, () => expectStatus(403, BAZ, BAR)));

    it("are refused at the workload to the peer that the rule does not name, whatever the owner says", () =>
      withHandMadeEntry(b().lab, BAZ, BARS_NEIGHBOUR, GATEWAY_OF_B, () =>
        expectStatus(403, BAZ, BARS_NEIGHBOUR),
      ));

    it("answer on the port that the owner names, and refuse peers at the workload on the other", () =>
      withHandMadeEntry(b().lab, VISITOR, STORE, GATEWAY_OF_B, async () => {
        await expectAnswer(VISITOR, STORE);
        await expectStatus(403, VISITOR, STORE, {}, ADMIN.number);
      }));

    it("answer callers of their own cluster on all ports", async () => {
      await expectAnswer(CLERK, BAR);
      await expectAnswer(CLERK, STORE);
      await expectAnswer(CLERK, STORE, {}, ADMIN.number);
    });
  });
}
