import assert from "node:assert/strict";
import { type Party, hostOf, identityOf } from "../../../lab/proofs/proof.ts";
import { expectAnswer, expectStatus } from "../answers.ts";
import { importedHosts, objectsOf } from "../importedHosts.ts";
import type { OfferingCluster } from "../offeringCluster.ts";
import { A, B, BAR, BAR_TO_ALL, BARS_NEIGHBOUR, BAZ, C, CLERK, FOO, FOOS_NEIGHBOUR } from "./parties.ts";

const POLICIES = { group: "security.istio.io", version: "v1", plural: "authorizationpolicies" };

/** Tests of who may call what cluster-b offers. */
export function testCallers(b: () => OfferingCluster): void {
  describe("a service for one account of one peer, some methods and some paths", () => {
    const callers = [
      {
        ...{ peer: A.name, serviceAccounts: [`${FOO.namespace}/${FOO.name}`] },
        ...{ methods: ["GET"], paths: ["/status/*"] },
      },
    ];
    before(() => b().offer([{ ...BAR_TO_ALL, callers }]));
    const path = "/status/1";

    it("answers that account", () => expectAnswer(FOO, BAR, { path }));

    it("refuses it other methods and paths", async () => {
      await expectStatus(403, FOO, BAR, { path, method: "POST" });
      await expectStatus(403, FOO, BAR, { path: "/other" });
    });

    it("refuses another account of that peer", () => expectStatus(403, FOOS_NEIGHBOUR, BAR, { path }));

    it("refuses another peer, which imports it", async () => {
      assert.ok((await importedHosts(b().lab, C.name)).includes(hostOf(BAR)));
      await expectStatus(403, BAZ, BAR, { path });
    });

    it("answers callers of its own cluster, whatever they ask for", async () => {
      await expectAnswer(CLERK, BAR, { path: "/other", method: "POST" });
      await expectAnswer(BARS_NEIGHBOUR, BAR, { path });
    });
  });

  describe("a service whose owner allows one account of its own cluster", () => {
    const callers = [{ peer: A.name, serviceAccounts: [`${FOO.namespace}/${FOO.name}`] }];
    const policy = {
      apiVersion: `${POLICIES.group}/${POLICIES.version}`,
      kind: "AuthorizationPolicy",
      metadata: { name: "owners", namespace: BAR.namespace },
      spec: {
        selector: { matchLabels: { app: BAR.name } },
        action: "ALLOW",
        rules: [{ from: [{ source: { principals: [principalOf(BARS_NEIGHBOUR)] } }] }],
      },
    };
    const place = { ...POLICIES, namespace: BAR.namespace };
    before(async () => {
      await objectsOf(b().lab, B.name).createNamespacedCustomObject({ ...place, body: policy });
      await b().offer([{ ...BAR_TO_ALL, callers }]);
    });
    after(() =>
      objectsOf(b().lab, B.name).deleteNamespacedCustomObject({ ...place, name: policy.metadata.name }),
    );

    it("answers that account, and refuses the others there as before", async () => {
      await expectStatus(403, CLERK, BAR);
      await expectAnswer(BARS_NEIGHBOUR, BAR);
    });

    it("answers the peer's account that may call it, which the owner did not name", () =>
      expectAnswer(FOO, BAR));

    it("refuses the other accounts of peers", async () => {
      await expectStatus(403, FOOS_NEIGHBOUR, BAR);
      await expectStatus(403, BAZ, BAR);
    });
  });

  describe("a service for one caller of its own cluster", () => {
    const localCallers = [{ serviceAccounts: [`${CLERK.namespace}/${CLERK.name}`] }];
    before(() => b().offer([{ ...BAR_TO_ALL, localCallers }]));

    it("answers that one, and no other there", async () => {
      await expectStatus(403, BARS_NEIGHBOUR, BAR);
      await expectAnswer(CLERK, BAR);
    });

    it("answers peers, whom that does not mean", async () => {
      await expectAnswer(FOO, BAR);
      await expectAnswer(BAZ, BAR);
    });
  });

  describe("a service that is not restricted any more", () => {
    before(() => b().offer([BAR_TO_ALL]));

    it("has no policy left", async () => {
      const all = { ...POLICIES, resourcePlural: POLICIES.plural };
      const objects = objectsOf(b().lab, B.name);
      const { items } = (await objects.listCustomObjectForAllNamespaces(all)) as { items: object[] };
      assert.deepEqual(items, []);
    });

    it("answers its own cluster and all peers", async () => {
      for (const caller of [BARS_NEIGHBOUR, FOOS_NEIGHBOUR, BAZ]) await expectAnswer(caller, BAR);
    });
  });
}

/** As an AuthorizationPolicy names an identity. */
function principalOf(party: Party): string {
  return identityOf(party).replace("spiffe://", "");
}
