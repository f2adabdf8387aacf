import assert from "node:assert/strict";
import { THREE_CLUSTERS } from "../../../lab/clusters.ts";
import { federate } from "../../../lab/federate.ts";
import type { Lab } from "../../../lab/lab.ts";
import { GATEWAY_PORT, whoAnswers } from "../../../lab/proofs/gateway.ts";
import { withHandMadeEntry } from "../../../lab/proofs/handMadeEntry.ts";
import { type Party, hostOf, identityOf } from "../../../lab/proofs/proof.ts";
import { FEDERATION_OF_THREE } from "../../../lab/scenarios/federation.ts";
import { SERVICE_PORT } from "../../../lab/workloads/workload.ts";
import { deployWorkloads } from "../../../lab/workloads/workloads.ts";
import { expectAnswer, expectStatus } from "../answers.ts";
import { importedHosts, objectsOf } from "../importedHosts.ts";
import { LabSecrets } from "../labSecrets.ts";
import { OfferingCluster } from "../offeringCluster.ts";
import { ownLab } from "../ownLab.ts";
import {
  A,
  ADMIN,
  B,
  BAR,
  BARS_NEIGHBOUR,
  BAZ,
  C,
  CLERK,
  FOO,
  FOOS_NEIGHBOUR,
  GATEWAY_OF_B,
  STORE,
  VISITOR,
} from "../policyParties.ts";
import { expectNoSecrets } from "../secretSearch.ts";
import { log } from "../sharedLab.ts";

const POLICIES = { group: "security.istio.io", version: "v1", plural: "authorizationpolicies" };

const TO_ALL = { namespace: BAR.namespace, service: BAR.name };
const STORE_TO_ALL = { namespace: STORE.namespace, service: STORE.name };

describe("who may call what, among three clusters", function () {
  this.timeout(1_200_000);
  let lab: Lab;
  let b: OfferingCluster;

  ownLab(async (started) => {
    lab = started;
    b = new OfferingCluster(lab, B, FEDERATION_OF_THREE);
    await federate(lab, log, FEDERATION_OF_THREE);
    const { kubeconfig } = lab;
    await deployWorkloads({ kubeconfig, context: A.name, workloads: [VISITOR], log });
    await deployWorkloads({ kubeconfig, context: B.name, workloads: [STORE, CLERK], log });
  }, THREE_CLUSTERS);

  for (const proof of FEDERATION_OF_THREE.proofs()) {
    it(`${proof.claim}: ${proof.caller} -> ${proof.callee}`, async () => {
      const outcome = await proof.run({ lab, stacks: await b.stacks() });
      assert.ok(outcome.passed, outcome.reason);
    });
  }

  describe("a service that is offered to one peer and not to the other", () => {
    before(() => b.offer([{ ...TO_ALL, peers: [A.name] }, STORE_TO_ALL]));

    it("is imported by the one, and not by the other", async () => {
      assert.deepEqual(await importedHosts(lab, A.name), [hostOf(BAR), hostOf(STORE), hostOf(BAZ)].sort());
      assert.deepEqual(await importedHosts(lab, C.name), [hostOf(FOO), hostOf(STORE)].sort());
    });

    it("answers the one", () => expectAnswer(FOO, BAR));

    it("is refused at the workload to the other, which makes itself an entry for it", async () => {
      await withHandMadeEntry(lab, BAZ, BAR, GATEWAY_OF_B, () => expectStatus(403, BAZ, BAR));
      await expectAnswer(BAZ, STORE);
    });

    it("answers callers of its own cluster as before", () => expectAnswer(CLERK, BAR));
  });

  describe("a service for one account of one peer, some methods and some paths", () => {
    const callers = [
      {
        ...{ peer: A.name, serviceAccounts: [`${FOO.namespace}/${FOO.name}`] },
        ...{ methods: ["GET"], paths: ["/status/*"] },
      },
    ];
    before(() => b.offer([{ ...TO_ALL, callers }]));
    const path = "/status/1";

    it("answers that account", () => expectAnswer(FOO, BAR, { path }));

    it("refuses it other methods and paths", async () => {
      await expectStatus(403, FOO, BAR, { path, method: "POST" });
      await expectStatus(403, FOO, BAR, { path: "/other" });
    });

    it("refuses another account of that peer", () => expectStatus(403, FOOS_NEIGHBOUR, BAR, { path }));

    it("refuses another peer, which imports it", async () => {
      assert.ok((await importedHosts(lab, C.name)).includes(hostOf(BAR)));
      await expectStatus(403, BAZ, BAR, { path });
    });

    it("answers callers of its own cluster, whatever they ask for", async () => {
      await expectAnswer(CLERK, BAR, { path: "/other", method: "POST" });
      await expectAnswer(BARS_NEIGHBOUR, BAR, { path });
    });
  });

  describe("a service of which one port is offered and one is not", () => {
    before(() => b.offer([{ ...STORE_TO_ALL, ports: ["http"] }]));

    it("is passed on by the gateway on both", async () => {
      for (const port of [SERVICE_PORT, ADMIN.number])
        assert.equal(
          await whoAnswers(`${GATEWAY_OF_B}:${GATEWAY_PORT}`, hostOf(STORE), port),
          identityOf(STORE),
        );
    });

    it("answers peers on the one, and refuses them at the workload on the other", () =>
      withHandMadeEntry(lab, VISITOR, STORE, GATEWAY_OF_B, async () => {
        await expectAnswer(VISITOR, STORE);
        await expectStatus(403, VISITOR, STORE, {}, ADMIN.number);
      }));

    it("answers callers of its own cluster on both", async () => {
      await expectAnswer(CLERK, STORE);
      await expectAnswer(CLERK, STORE, {}, ADMIN.number);
    });
  });

  describe("the label of its owner takes out of the exports", () => {
    const optOut = { [`istio-federation.dev/export`]: "false" };
    const optIn = { [`istio-federation.dev/export`]: "true" };
    const unset = { [`istio-federation.dev/export`]: null };

    it("a Service", async () => {
      await b.labelService(BAR, optOut);
      try {
        await b.offer([TO_ALL, STORE_TO_ALL]);
        assert.deepEqual(await b.offered(), [hostOf(STORE)]);
        assert.deepEqual(await importedHosts(lab, C.name), [hostOf(FOO), hostOf(STORE)].sort());
        await b.closed(BAR);
        await expectAnswer(CLERK, BAR);
      } finally {
        await b.labelService(BAR, optIn);
      }
      await b.offer([TO_ALL, STORE_TO_ALL]);
      assert.deepEqual(await b.offered(), [hostOf(BAR), hostOf(STORE)]);
      await expectAnswer(BAZ, BAR);
    });

    it("a whole namespace", async () => {
      await b.labelNamespace(BAR.namespace, optOut);
      try {
        await (await b.stack([TO_ALL, STORE_TO_ALL])).up();
        assert.deepEqual(await b.offered(), []);
        await b.closed(BAR);
        await b.closed(STORE);
      } finally {
        await b.labelNamespace(BAR.namespace, unset);
      }
      await b.offer([TO_ALL, STORE_TO_ALL]);
      await expectAnswer(BAZ, BAR);
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
      await objectsOf(lab, B.name).createNamespacedCustomObject({ ...place, body: policy });
      await b.offer([{ ...TO_ALL, callers }]);
    });
    after(() =>
      objectsOf(lab, B.name).deleteNamespacedCustomObject({ ...place, name: policy.metadata.name }),
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
    before(() => b.offer([{ ...TO_ALL, localCallers }]));

    it("answers that one, and no other there", async () => {
      await expectStatus(403, BARS_NEIGHBOUR, BAR);
      await expectAnswer(CLERK, BAR);
    });

    it("answers peers, whom that does not mean", async () => {
      await expectAnswer(FOO, BAR);
      await expectAnswer(BAZ, BAR);
    });
  });

  it("leave no policy behind when nothing is restricted any more", async () => {
    await b.offer([TO_ALL]);
    const { items } = (await objectsOf(lab, B.name).listCustomObjectForAllNamespaces({
      ...POLICIES,
      resourcePlural: POLICIES.plural,
    })) as {
      items: object[];
    };
    assert.deepEqual(items, []);
    await expectAnswer(BARS_NEIGHBOUR, BAR);
  });

  it("keep their keys to themselves", async () => {
    const secrets = new LabSecrets();
    await secrets.noteStates(lab);
    expectNoSecrets(await secrets.findIn(lab.dir));
  });
});

/** As an AuthorizationPolicy names an identity. */
function principalOf(party: Party): string {
  return identityOf(party).replace("spiffe://", "");
}
