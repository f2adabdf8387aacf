import { type Party, identityOf } from "../../../lab/proofs/proof.ts";
import { expectAnswer, expectStatus } from "../answers.ts";
import { objectsOf } from "../importedHosts.ts";
import type { OfferingCluster } from "../offeringCluster.ts";
import { B, BARS_NEIGHBOUR, BAZ, CLERK, FOO, FOOS_NEIGHBOUR, LOCAL, ONE_ACCOUNT, OWNED } from "./parties.ts";

/** The API of policies in the namespace of cluster-b's Services. */
export const POLICIES = {
  group: "security.istio.io",
  version: "v1",
  plural: "authorizationpolicies",
  namespace: OWNED.namespace,
};

/** Tests of who may call what cluster-b offers. */
export function testCallers(b: () => OfferingCluster): void {
  describe("a service for one account of one peer, one method and some paths", () => {
    const path = "/status/1";

    it("answers that account", () => expectAnswer(FOO, ONE_ACCOUNT, { path }));

    it("refuses it other methods and paths", async () => {
      await expectStatus(403, FOO, ONE_ACCOUNT, { path, method: "POST" });
      await expectStatus(403, FOO, ONE_ACCOUNT, { path: "/other" });
    });

    it("refuses another account of that peer", () =>
      expectStatus(403, FOOS_NEIGHBOUR, ONE_ACCOUNT, { path }));

    it("refuses another peer, which imports it", () => expectStatus(403, BAZ, ONE_ACCOUNT, { path }));

    it("answers callers of its own cluster, whatever they ask for", async () => {
      await expectAnswer(CLERK, ONE_ACCOUNT, { path: "/other", method: "POST" });
      await expectAnswer(BARS_NEIGHBOUR, ONE_ACCOUNT, { path });
    });
  });

  describe("a service whose owner allows one account of its own cluster", () => {
    const policy = {
      apiVersion: `${POLICIES.group}/${POLICIES.version}`,
      kind: "AuthorizationPolicy",
      metadata: { name: "owners", namespace: OWNED.namespace },
      spec: {
        selector: { matchLabels: { app: OWNED.name } },
        action: "ALLOW",
        rules: [{ from: [{ source: { principals: [principalOf(BARS_NEIGHBOUR)] } }] }],
      },
    };
    before(async () => {
      await objectsOf(b().lab, B.name).createNamespacedCustomObject({ ...POLICIES, body: policy });
      await (await b().stack()).up();
    });
    after(() =>
      objectsOf(b().lab, B.name).deleteNamespacedCustomObject({ ...POLICIES, name: policy.metadata.name }),
    );

    it("answers that account, and refuses the others there as before", async () => {
      await expectStatus(403, CLERK, OWNED);
      await expectAnswer(BARS_NEIGHBOUR, OWNED);
    });

    it("answers the peer's account that may call it, which the owner did not name", () =>
      expectAnswer(FOO, OWNED));

    it("refuses the other accounts of peers", async () => {
      await expectStatus(403, FOOS_NEIGHBOUR, OWNED);
      await expectStatus(403, BAZ, OWNED);
    });
  });

  describe("a service for one caller of its own cluster", () => {
    it("answers that one, and no other there", async () => {
      await expectStatus(403, BARS_NEIGHBOUR, LOCAL);
      await expectAnswer(CLERK, LOCAL);
    });

    it("answers peers, whom that does not mean", async () => {
      await expectAnswer(FOO, LOCAL);
      await expectAnswer(BAZ, LOCAL);
    });
  });
}

/** As an AuthorizationPolicy names an identity. */
function principalOf(party: Party): string {
  return identityOf(party).replace("spiffe://", "");
}
