import assert from "node:assert/strict";
import { CoreV1Api } from "@kubernetes/client-node";
import { IMPORT_NAMESPACE } from "../../federation/core/wellKnown.ts";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import { hostOf, partyIn } from "../../lab/proofs/proof.ts";
import { Stack } from "../../lab/pulumi.ts";
import { expectAnalyzed } from "./analyzed.ts";
import { expectAnswer, expectStatus } from "./answers.ts";
import { EXTRA_HOST, LOCAL_SERVICE, SHOP_HOST, useEveryOption } from "./everyOption.ts";
import { expectStable } from "./stable.ts";
import { type FederatedLab, sharedLab } from "./sharedLab.ts";
import { editedStackFile } from "./stackFile.ts";

const [A, B] = CLUSTERS;
const FOO = partyIn(A, true);
const INTERNAL = partyIn(A, false);
const BAR = partyIn(B, true);

describe("a federation in which a stack uses every option", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  let stack: Stack;
  let peer: Stack;

  before(async () => {
    federated = await sharedLab();
    const { lab } = federated;
    const configFile = await editedStackFile(lab, A.name, (config) => {
      useEveryOption("federation", config);
    });
    stack = new Stack(A.name, lab, { configFile });
    const peerFile = await editedStackFile(lab, B.name, (config) => {
      const peers = config["istio-federation:peers"] as Record<string, object>;
      peers[A.name] = {
        ...peers[A.name],
        identity: { acceptAnnouncedRoots: true, domains: ["shop.example"] },
      };
    });
    peer = new Stack(B.name, lab, { configFile: peerFile });
    await stack.up();
    await peer.up();
  });

  after(async () => {
    for (const { name } of [A, B]) await new Stack(name, federated.lab).up();
  });

  it("has nothing to change in a second preview, nor after a refresh", () => expectStable(stack));

  it("has no object that `istioctl analyze` reports", () => expectAnalyzed(federated.lab));

  it("still calls what it imports, by its name and by the further one", async () => {
    await expectAnswer(FOO, BAR);
    await expectStatus(200, FOO, BAR, {}, BAR.port, EXTRA_HOST);
    assert.notEqual(EXTRA_HOST, hostOf(BAR));
  });

  it("still has a local Service for the import", async () => {
    const core = loadContext(federated.lab.kubeconfig, A.name).makeApiClient(CoreV1Api);
    const { spec } = await core.readNamespacedService({ namespace: IMPORT_NAMESPACE, name: LOCAL_SERVICE });
    assert.match(spec?.clusterIP ?? "", /^\d+\.\d+\.\d+\.\d+$/);
  });

  it("is still called by the peer's workloads that may, by the name that it exports", () =>
    expectStatus(200, BAR, FOO, {}, FOO.port, SHOP_HOST));

  it("is still called where its gateway terminates TLS", () => expectStatus(200, BAR, INTERNAL));

  it("still refuses them methods that it does not allow", () =>
    expectStatus(403, BAR, FOO, { method: "POST" }, FOO.port, SHOP_HOST));
});
