import assert from "node:assert/strict";
import { withHandMadeEntry } from "../../../lab/proofs/unexported.ts";
import { hostOf } from "../../../lab/proofs/proof.ts";
import { expectAnswer, expectStatus } from "../answers.ts";
import { importedHosts } from "../importedHosts.ts";
import type { OfferingCluster } from "../offeringCluster.ts";
import {
  A,
  B,
  BAR,
  BAR_TO_ALL,
  BAZ,
  CLERK,
  FOO,
  GATEWAY_OF_B,
  STORE_TO_ALL,
  FOOS_NEIGHBOUR,
} from "./parties.ts";

const ALIAS = `bar.shop.${B.domain}`;

/** Tests of Services that cluster-b offers under other names than their own. */
export function testNames(b: () => OfferingCluster): void {
  describe("a service that is offered under another name", () => {
    before(() =>
      b().offer([{ ...BAR_TO_ALL, as: ALIAS, callers: [{ serviceAccounts: ["abc/foo"] }] }, STORE_TO_ALL]),
    );

    it("is imported by that name, and not by its own", async () => {
      const hosts = await importedHosts(b().lab, A.name);
      assert.ok(hosts.includes(ALIAS));
      assert.ok(!hosts.includes(hostOf(BAR)));
    });

    it("answers who calls it so, as far as it may", async () => {
      await expectAnswer(FOO, BAR, {}, BAR.port, ALIAS);
      await expectStatus(403, FOOS_NEIGHBOUR, BAR, {}, BAR.port, ALIAS);
      await expectStatus(403, BAZ, BAR, {}, BAR.port, ALIAS);
    });

    it("is not to be had by its own name, even with a hand-made ServiceEntry", () =>
      withHandMadeEntry(b().lab, FOO, BAR, GATEWAY_OF_B, () => expectStatus(503, FOO, BAR)));

    it("answers callers of its own cluster by its own name", () => expectAnswer(CLERK, BAR));
  });
}
