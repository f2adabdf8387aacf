import assert from "node:assert/strict";
import type { Contract } from "../../federation/contract/contract.ts";
import { foldContract } from "../../federation/contract/fold.ts";
import type { PeerStatus } from "../../federation/imports/registration.ts";
import { Stack } from "../../lab/pulumi.ts";
import { importedHosts } from "./importedHosts.ts";
import { peerC, stackWithPeerC } from "./peerC.ts";
import { CONTRACT_OF_C, publishStack, unpublishStack } from "./publishedStack.ts";
import { type FederatedLab, sharedLab } from "./sharedLab.ts";

const MANY = 150;

describe("what a peer offers no more", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;

  before(async () => (federated = await sharedLab()));

  after(async () => {
    await new Stack("cluster-a", federated.lab).up();
    assert.equal((await importedHosts(federated.lab, "cluster-a")).length, 1);
  });

  /** Outputs of stack cluster-c with so many services. */
  function published(count: number): Record<string, unknown> {
    const [service] = Object.values(CONTRACT_OF_C.services);
    const hosts = Array.from({ length: count }, (_, index) => `s${index}.team.svc.cluster-c.local`);
    const services = Object.fromEntries(hosts.map((host) => [host, service]));
    return { federation: foldContract({ ...CONTRACT_OF_C, services } as Contract) };
  }

  async function republish(count: number): Promise<void> {
    await unpublishStack(federated.lab, "cluster-c");
    await publishStack(federated.lab, "cluster-c", published(count));
  }

  const imported = async (): Promise<number> => (await importedHosts(federated.lab, "cluster-a")).length - 1;

  it("goes by and by, all at once only when the stack accepts that, and never because the list is empty", async () => {
    await peerC(federated.lab, published(MANY), async (edited) => {
      const first = await edited.run("up", "--yes", "--skip-preview");
      assert.equal(first.exitCode, 0, first.output);
      assert.match(first.output, /peer cluster-c: adds 150 services \(s0\.team.* and 147 more\)/);
      assert.equal(await imported(), MANY);

      await republish(100);
      assert.equal((await edited.run("up", "--yes", "--skip-preview")).exitCode, 0);
      assert.equal(await imported(), 100);

      await republish(10);
      const held = await edited.run("preview");
      assert.equal(held.exitCode, 0, held.output);
      assert.match(
        held.output,
        /error: peer cluster-c: keeps the 100 service\(s\) known before, as it would lose 90 of 100 services at once/,
      );
      assert.equal((await edited.run("up", "--yes", "--skip-preview")).exitCode, 0);
      assert.equal(await imported(), 100);

      const [, acceptRemoval] = /acceptRemoval' (removal-\w+)`/.exec(held.output) ?? [];
      const accepting = await stackWithPeerC(federated.lab, { acceptRemoval });
      await accepting.up();
      assert.equal(await imported(), 10);

      await republish(0);
      const emptied = await accepting.run("up", "--yes", "--skip-preview");
      assert.equal(emptied.exitCode, 0, emptied.output);
      assert.match(
        emptied.output,
        /warning: Peer cluster-c is pending: its contract offers this cluster nothing/,
      );
      assert.match(emptied.output, /peer cluster-c: keeps the 10 service\(s\) known before/);
      assert.equal(await imported(), 10);
      const { "cluster-c": status } = (await edited.output("peers")) as Record<string, PeerStatus>;
      assert.match((await edited.run("preview")).output, new RegExp(`pending since ${status?.since}`));
    });
  });
});
