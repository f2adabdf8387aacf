import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { fingerprintOf } from "../../federation/x509/certificate.ts";
import { Stack } from "../../lab/pulumi.ts";
import { ROOT_D } from "../federation/samples.ts";
import { peerC, stackWithPeerC } from "./peerC.ts";
import { CONTRACT_OF_C, publishStack, unpublishStack } from "./publishedStack.ts";
import { type FederatedLab, sharedLab } from "./sharedLab.ts";

describe("trust in a third peer", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  it("is pinned: another root is refused, before anything changes, until the config names it", async () => {
    const { lab } = federated;
    const [root] = CONTRACT_OF_C.rootCertificates;
    await peerC(lab, { federation: CONTRACT_OF_C }, async (edited) => {
      const first = await edited.run("up", "--yes", "--skip-preview");
      assert.equal(first.exitCode, 0, first.output);
      assert.ok(
        first.output.includes(
          `cluster-c is seen for the first time: its root is pinned, SHA-256 ${fingerprintOf(root!)}`,
        ),
      );

      await unpublishStack(lab, "cluster-c");
      await publishStack(lab, "cluster-c", { federation: { ...CONTRACT_OF_C, rootCertificates: [ROOT_D] } });
      const changed = `root of cluster-c changes: SHA-256 ${fingerprintOf(root!)} -> ${fingerprintOf(ROOT_D)}`;
      const refused = await edited.run("up", "--yes", "--skip-preview");
      assert.equal(refused.exitCode, 0, refused.output);
      assert.ok(
        refused.output.includes(`peers.cluster-c.contract.rootCertificates: ${changed}`),
        refused.output,
      );
      const strict = await stackWithPeerC(lab, { required: true });
      assert.notEqual((await strict.run("up", "--yes", "--skip-preview")).exitCode, 0);
      assert.deepEqual(await pinnedRoots(edited), CONTRACT_OF_C.rootCertificates);

      const accepting = await stackWithPeerC(lab, { identity: { roots: [fingerprintOf(ROOT_D)] } });
      const { exitCode, output } = await accepting.run("up", "--yes", "--skip-preview");
      assert.equal(exitCode, 0, output);
      assert.ok(output.includes(changed), "the change is told as what it is");
      assert.deepEqual(await pinnedRoots(accepting), [ROOT_D]);
    });
    await new Stack("cluster-a", lab).up();
  });

  it("is told with the dates of the anchor that is made of it", async () => {
    const stack = new Stack("cluster-a", federated.lab);
    const certificates = (await stack.output("certificates")) as Record<string, { notAfter: string }>;
    assert.deepEqual(Object.keys(certificates), ["intermediate", "root", "trust anchor of cluster-b"]);
    const { "cluster-b": b } = (await stack.output("trustAnchors")) as Record<
      string,
      { rootCertificates: string[] }
    >;
    const ends = [certificates["root"]!.notAfter, new X509Certificate(b!.rootCertificates[0]!).validTo];
    const earliest = Math.min(...ends.map((end) => Date.parse(end)));
    assert.equal(Date.parse(certificates["trust anchor of cluster-b"]!.notAfter), earliest);
  });
});

async function pinnedRoots(stack: Stack): Promise<string[] | undefined> {
  const pinned = (await stack.output("trustAnchors")) as Record<string, { rootCertificates: string[] }>;
  return pinned["cluster-c"]?.rootCertificates;
}
