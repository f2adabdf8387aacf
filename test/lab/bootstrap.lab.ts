import assert from "node:assert/strict";
import { CoreV1Api } from "@kubernetes/client-node";
import type { PeerStatus } from "../../federation/imports/registration.ts";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import { TAKE_OVER_VARIABLE } from "../../federation/core/installation.ts";
import { expectConverged } from "../../lab/federate.ts";
import { allProofs } from "../../lab/proofs/proofs.ts";
import { Stack } from "../../lab/pulumi.ts";
import { workloadsOf } from "../../lab/workloads/workload.ts";
import { deployWorkloads } from "../../lab/workloads/workloads.ts";
import { importedHosts } from "./importedHosts.ts";
import { type FederatedLab, log, sharedLab } from "./sharedLab.ts";

/** Output of `pulumi stack output peers`. */
type Peers = Record<string, PeerStatus>;

const READY: PeerStatus = { state: "ready", reason: "", since: "", imported: 1 };

describe("two stacks that name each other", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  it("leave nothing behind when they are destroyed", async () => {
    await Promise.all(CLUSTERS.map(({ name }) => stackOf(name).destroy()));
    for (const { name } of CLUSTERS) await withdrawContract(name);
    for (const { name } of CLUSTERS) assert.deepEqual(await namespaces(name), []);
  });

  // The lab itself is federated in the other order (lab/federate.ts).
  it("converge from nothing by up b, up a, up b, though the other does not exist at first, and b loses its state", async () => {
    const [b, a] = [stackOf("cluster-b"), stackOf("cluster-a")];
    for (const { name } of [b, a])
      for (const stack of [name, `${name}-contract`]) await stackOf(stack).remove();

    await b.ensure();
    await b.up();
    const { "cluster-a": peer } = (await b.output("peers")) as Peers;
    assert.equal(peer?.state, "pending");
    assert.match(peer.reason, /stack \S+\/cluster-a-contract does not exist/);
    assert.deepEqual(await importedHosts(federated.lab, b.name), []);
    await recoverLostState(b);

    await a.ensure();
    await a.up();
    assert.deepEqual(await a.output("peers"), { "cluster-b": READY });

    await b.up();
    assert.deepEqual(await b.output("peers"), { "cluster-a": READY });
    await expectConverged([a, b], log);
  });

  it("call each other again then", async () => {
    for (const { name, network } of CLUSTERS) {
      const workloads = workloadsOf(name, network);
      await deployWorkloads({ kubeconfig: federated.lab.kubeconfig, context: name, workloads, log });
    }
    const calls = allProofs().filter(({ claim }) => claim.startsWith("an exported service can be called"));
    for (const call of calls) {
      const outcome = await call.run(federated);
      assert.ok(outcome.passed, outcome.reason);
    }
  });

  /** docs/runbooks.md, "The state is lost", without an export of the state; the next update is without the variable. */
  async function recoverLostState(stack: Stack): Promise<void> {
    await stack.remove();
    await stack.ensure();
    await assert.rejects(
      stack.preview(),
      /an installation of this program that the stack's state does not have/,
    );
    await removeHelmRecords(stack.name);
    // The contract begins at revision 1 again, which its contract stack refuses.
    await withdrawContract(stack.name);
    const { dir, environment } = federated.lab;
    await new Stack(stack.name, { dir, environment: { ...environment, [TAKE_OVER_VARIABLE]: "true" } }).up();
    // Their key is another one now.
    for (const namespace of ["istio-system", "istio-gateway"])
      await coreApi(stack.name).deleteCollectionNamespacedPod({ namespace });
  }

  async function withdrawContract(cluster: string): Promise<void> {
    await stackOf(`${cluster}-contract`).destroy();
  }

  async function removeHelmRecords(context: string): Promise<void> {
    const secrets = coreApi(context);
    for (const namespace of ["istio-system", "istio-gateway"])
      await secrets.deleteCollectionNamespacedSecret({
        namespace,
        labelSelector: "owner=helm,name in (istio-base,istiod,eastwestgateway)",
      });
  }

  function coreApi(context: string): CoreV1Api {
    return loadContext(federated.lab.kubeconfig, context).makeApiClient(CoreV1Api);
  }

  function stackOf(name: string): Stack {
    return new Stack(name, federated.lab);
  }

  /** The namespaces of the program that are there. */
  async function namespaces(context: string): Promise<string[]> {
    const { items } = await coreApi(context).listNamespace();
    return items.map(({ metadata }) => metadata?.name ?? "").filter((name) => name.startsWith("istio-"));
  }
});
