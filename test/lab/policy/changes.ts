import assert from "node:assert/strict";
import { EXPORT_LABEL } from "../../../federation/core/labels.ts";
import { expectConverged } from "../../../lab/federate.ts";
import { GATEWAY_PORT, whoAnswers } from "../../../lab/proofs/gateway.ts";
import { hostOf } from "../../../lab/proofs/proof.ts";
import { expectAnswer, expectStatus } from "../answers.ts";
import { importedHosts, objectsOf } from "../importedHosts.ts";
import type { OfferingCluster } from "../offeringCluster.ts";
import { log } from "../sharedLab.ts";
import { POLICIES } from "./callers.ts";
import {
  ALIAS,
  B,
  BAR,
  BARS_NEIGHBOUR,
  BAZ,
  C,
  CLERK,
  FOO,
  FOOS_NEIGHBOUR,
  GATEWAY_OF_B,
  LOCAL,
  ONE_ACCOUNT,
  ONE_PEER,
  OPENED,
  RENAMED,
  TERMINATING,
  TILL,
  ruleFor,
} from "./parties.ts";

/** Tests of changes of what cluster-b offers, in this order. */
export function testChanges(b: () => OfferingCluster): void {
  describe("the label of its owner takes out of the exports", () => {
    const optOut = { [EXPORT_LABEL]: "false" };
    const optIn = { [EXPORT_LABEL]: "true" };
    const unset = { [EXPORT_LABEL]: null };

    it("a Service", async () => {
      await b().labelService(BAR, optOut);
      try {
        await b().offer();
        assert.ok(!(await b().offered()).includes(hostOf(BAR)));
        assert.ok(!(await importedHosts(b().lab, C.name)).includes(hostOf(BAR)));
        await b().closed(BAR);
        await expectAnswer(CLERK, BAR);
      } finally {
        await b().labelService(BAR, optIn);
      }
    });

    it("a whole namespace", async () => {
      await b().labelNamespace(BAR.namespace, optOut);
      try {
        await (await b().stack()).up();
        assert.deepEqual(await b().offered(), []);
        await b().closed(ONE_PEER);
        await b().closed(TILL);
      } finally {
        await b().labelNamespace(BAR.namespace, unset);
      }
    });
  });

  describe("services that are not restricted any more, by rule or label", () => {
    const open = [BAR, ONE_PEER, ONE_ACCOUNT, LOCAL, RENAMED, OPENED];
    before(() => b().offer(open.map((service) => ruleFor(service))));

    it("have no policy left", async () => {
      const { items } = (await objectsOf(b().lab, B.name).listNamespacedCustomObject(POLICIES)) as {
        items: object[];
      };
      assert.deepEqual(items, []);
    });

    it("answer their own cluster and all peers by their own names, and see who calls", async () => {
      for (const service of open)
        for (const caller of [BARS_NEIGHBOUR, FOOS_NEIGHBOUR, BAZ]) await expectAnswer(caller, service);
    });
  });

  describe("a service of another name whose calls the gateway opens, while it passes nothing on", () => {
    const rules = [ruleFor(BAR, { ...TERMINATING, as: ALIAS, callers: [{ serviceAccounts: ["abc/foo"] }] })];
    before(() => b().offer(rules));

    it("answers who may call it, by that name", () => expectStatus(200, FOO, BAR, {}, BAR.port, ALIAS));

    it("is refused to others", async () => {
      for (const caller of [FOOS_NEIGHBOUR, BAZ]) await expectStatus(503, caller, BAR, {}, BAR.port, ALIAS);
    });

    it("is all that there is behind the gateway", async () => {
      for (const to of [BAR, ONE_PEER, OPENED])
        assert.equal(await whoAnswers(`${GATEWAY_OF_B}:${GATEWAY_PORT}`, hostOf(to)), undefined);
    });

    it("answers its own cluster by its own name", () => expectAnswer(BARS_NEIGHBOUR, BAR));

    it("leaves nothing to change in any stack", async () => expectConverged(await b().stacks(rules), log));
  });
}
