import assert from "node:assert/strict";
import { CoreV1Api } from "@kubernetes/client-node";
import type { PeerStatus } from "../../federation/imports/registration.ts";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import { allProofs } from "../../lab/proofs/proofs.ts";
import { changesNothing, Stack } from "../../lab/pulumi.ts";
import { workloadsOf } from "../../lab/workloads/workload.ts";
import { deployWorkloads } from "../../lab/workloads/workloads.ts";
import { importedHosts } from "./importedHosts.ts";
import { type FederatedLab, log, sharedLab } from "./sharedLab.ts";

/** What `pulumi stack output peers` tells. */
type Peers = Record<string, PeerStatus>;

const READY: PeerStatus = { state: "ready", reason: "", since: "", imported: 1 };

describe("two stacks that name each other", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  it("leave nothing behind when they are destroyed", async () => {
    for (const { name } of CLUSTERS) {
      await stackOf(name).destroy();
      assert.deepEqual(await namespaces(name), []);
    }
  });

  for (const [first, second] of [
    ["cluster-b", "cluster-a"],
    ["cluster-a", "cluster-b"],
  ] as const) {
    it(`converge from nothing by up ${first}, up ${second}, up ${first}, though the other does not exist at first`, async () => {
      const [one, other] = [stackOf(first), stackOf(second)];
      for (const stack of [one, other]) await stack.remove();

      await one.ensure();
      await one.up();
      const peers = (await one.output("peers")) as Peers;
      assert.equal(peers[second]?.state, "pending");
      assert.match(peers[second].reason, new RegExp(`stack \\S+/${second} does not exist`));
      assert.deepEqual(await importedHosts(federated.lab, first), []);

      await other.ensure();
      await other.up();
      assert.deepEqual(await other.output("peers"), { [first]: READY });

      await one.up();
      assert.deepEqual(await one.output("peers"), { [second]: READY });
      for (const stack of [one, other]) {
        const changes = await stack.preview();
        assert.ok(changesNothing(changes), `${stack.name}: ${JSON.stringify(changes)}`);
      }
    });

    it(`then call each other again (${first} first)`, async () => {
      for (const { name, network } of CLUSTERS) {
        const workloads = workloadsOf(name, network);
        await deployWorkloads({ kubeconfig: federated.lab.kubeconfig, context: name, workloads, log });
      }
      const calls = allProofs().filter(({ claim }) => claim.startsWith("an exported service can be called"));
      for (const call of calls) {
        const outcome = await call.run(federated);
        assert.ok(outcome.passed, outcome.reason);
      }
      if (first === "cluster-b") for (const name of [first, second]) await stackOf(name).destroy();
    });
  }

  function stackOf(name: string): Stack {
    return new Stack(name, federated.lab);
  }

  /** The namespaces of the program that are there. */
  async function namespaces(context: string): Promise<string[]> {
    const config = loadContext(federated.lab.kubeconfig, context);
    const { items } = await config.makeApiClient(CoreV1Api).listNamespace();
    return items.map(({ metadata }) => metadata?.name ?? "").filter((name) => name.startsWith("istio-"));
  }
});
