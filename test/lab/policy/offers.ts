import assert from "node:assert/strict";
import { EXPORT_LABEL } from "../../../federation/core/labels.ts";
import { GATEWAY_PORT, whoAnswers } from "../../../lab/proofs/gateway.ts";
import { withHandMadeEntry } from "../../../lab/proofs/unexported.ts";
import { hostOf, identityOf } from "../../../lab/proofs/proof.ts";
import { SERVICE_PORT } from "../../../lab/workloads/workload.ts";
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
  GATEWAY_OF_B,
  STORE,
  STORE_TO_ALL,
  VISITOR,
} from "./parties.ts";

/** Tests of what cluster-b offers, and to whom. */
export function testOffers(b: () => OfferingCluster): void {
  describe("a service that is offered to one peer and not to the other", () => {
    before(() => b().offer([{ ...BAR_TO_ALL, peers: [A.name] }, STORE_TO_ALL]));

    it("is imported by the one, and not by the other", async () => {
      assert.deepEqual(
        await importedHosts(b().lab, A.name),
        [hostOf(BAR), hostOf(STORE), hostOf(BAZ)].sort(),
      );
      assert.deepEqual(await importedHosts(b().lab, C.name), [hostOf(FOO), hostOf(STORE)].sort());
    });

    it("answers the one", () => expectAnswer(FOO, BAR));

    it("is refused at the workload to the other, which makes itself an entry for it", async () => {
      await withHandMadeEntry(b().lab, BAZ, BAR, GATEWAY_OF_B, () => expectStatus(403, BAZ, BAR));
      await expectAnswer(BAZ, STORE);
    });

    it("answers callers of its own cluster as before", () => expectAnswer(CLERK, BAR));
  });

  describe("a service of which one port is offered and one is not", () => {
    before(() => b().offer([{ ...STORE_TO_ALL, ports: ["http"] }]));

    it("is passed on by the gateway on both", async () => {
      for (const port of [SERVICE_PORT, ADMIN.number])
        assert.equal(
          await whoAnswers(`${GATEWAY_OF_B}:${GATEWAY_PORT}`, hostOf(STORE), port),
          identityOf(STORE),
        );
    });

    it("answers peers on the one, and refuses them at the workload on the other", () =>
      withHandMadeEntry(b().lab, VISITOR, STORE, GATEWAY_OF_B, async () => {
        await expectAnswer(VISITOR, STORE);
        await expectStatus(403, VISITOR, STORE, {}, ADMIN.number);
      }));

    it("answers callers of its own cluster on both", async () => {
      await expectAnswer(CLERK, STORE);
      await expectAnswer(CLERK, STORE, {}, ADMIN.number);
    });
  });

  describe("the label of its owner takes out of the exports", () => {
    const optOut = { [EXPORT_LABEL]: "false" };
    const optIn = { [EXPORT_LABEL]: "true" };
    const unset = { [EXPORT_LABEL]: null };

    it("a Service", async () => {
      await b().labelService(BAR, optOut);
      try {
        await b().offer([BAR_TO_ALL, STORE_TO_ALL]);
        assert.deepEqual(await b().offered(), [hostOf(STORE)]);
        assert.deepEqual(await importedHosts(b().lab, C.name), [hostOf(FOO), hostOf(STORE)].sort());
        await b().closed(BAR);
        await expectAnswer(CLERK, BAR);
      } finally {
        await b().labelService(BAR, optIn);
      }
      await b().offer([BAR_TO_ALL, STORE_TO_ALL]);
      assert.deepEqual(await b().offered(), [hostOf(BAR), hostOf(STORE)]);
      await expectAnswer(BAZ, BAR);
    });

    it("a whole namespace", async () => {
      await b().labelNamespace(BAR.namespace, optOut);
      try {
        await (await b().stack([BAR_TO_ALL, STORE_TO_ALL])).up();
        assert.deepEqual(await b().offered(), []);
        await b().closed(BAR);
        await b().closed(STORE);
      } finally {
        await b().labelNamespace(BAR.namespace, unset);
      }
      await b().offer([BAR_TO_ALL, STORE_TO_ALL]);
      await expectAnswer(BAZ, BAR);
    });
  });
}
